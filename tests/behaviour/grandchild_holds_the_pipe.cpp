// SPDX-License-Identifier: BSL-1.0
// A shell leaves a process behind that holds its pipes, says "hi" and ends. Its end is known at once; its output up to a
// deadline is "hi", though the pipe has no end; and the one that was left behind goes with its group.
#include "bad_day.hpp"
#include "children_of_this.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <chrono>
#include <string>

namespace {

using namespace bad_day;
using namespace std::chrono_literals;
namespace process = coil::process;

coil::task<> all(long rounds) {
    for (long i = 0; i != rounds; ++i) {
        int group = -1;
        {
            process::child c = co_await process::spawn({"sh", "-c", "sleep 1000 & echo hi"}, {.out = process::pipe});
            group = c.pid();
            const process::exit_status end = co_await c.wait();
            expect(end.success(), "the shell has ended, whoever holds its pipe");
            const auto whole = co_await coil::move_on_after(20ms, c.communicate());
            expect(!whole.has_value(), "the pipe has no end yet");
            ::kill(-group, SIGKILL);
            const process::completed r = co_await c.communicate();
            expect(r.out == "hi\n", "what was said is there: " + r.out);
        }
        co_await until([group] { return group_is_gone(group); });
        std::string said;
        for (auto limit = 50ms; said.empty(); limit *= 2) {
            try {
                co_await process::run({"sh", "-c", "sleep 1000 & echo hi"}, {.capture = true, .timeout = limit});
                expect(false, "it cannot have come to the end");
            } catch (const process::timed_out& e) {
                said = e.out();
            }
            ++progress;
        }
        expect(said == "hi\n", "a deadline brings what was said");
        expect(has_no_children(), "nobody is left");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    coil::run(all(is_full(argc, argv) ? 100 : 2));
    return verdict();
}
