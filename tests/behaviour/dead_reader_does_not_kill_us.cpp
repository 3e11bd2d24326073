// SPDX-License-Identifier: BSL-1.0
// With SIGPIPE as the system has it, a parent writes to children that end, or close their input, meanwhile: it gets an
// error each time, and goes on. So it is on pipes and sockets that it uses itself, from the loop and from the pool.
#include "bad_day.hpp"
#include "children_of_this.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <csignal>
#include <string>
#include <system_error>

namespace {

using namespace bad_day;
namespace process = coil::process;

const std::string text(4 << 20, 'x');  // more than the buffers of any way

coil::task<> write_to(const char* script, process::stdio way) {
    process::child c = co_await process::spawn({"sh", "-c", script}, {.in = way});
    const auto r = co_await coil::as_result(c.in().write(text));
    expect(!r.has_value(), std::string("a write that nobody reads fails: ") + script);
    if (!r.has_value()) expect(r.error() == std::errc::broken_pipe || r.error() == std::errc::connection_reset, r.error().message());
    c.in().close();
    co_await c.wait();
}

coil::task<> all(long rounds) {
    for (long i = 0; i != rounds; ++i) {
        for (const process::stdio way : {process::pipe, process::fast_pipe}) {
            co_await write_to("exit 0", way);
            co_await write_to("exec <&-; sleep 0.01", way);
            co_await write_to("head -c 10 >/dev/null", way);
        }
        co_await coil::on_pool(write_to("exit 0", process::pipe));
        const auto r = co_await process::run({"true"}, {.input = text});
        expect(r.success(), "run does not mind");
    }
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    std::signal(SIGPIPE, SIG_DFL);
    coil::run(all(is_full(argc, argv) ? 500 : 5));
    expect(has_no_children(), "no child is left");
    return verdict();
}
