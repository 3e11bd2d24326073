// SPDX-License-Identifier: BSL-1.0
// A supervisor: it starts two programs, reads what each says line by line, starts one again when it has ended badly, a
// little later each time, and gives up after three times. One that ends well is done; when all are, or the supervisor is
// stopped, nobody is left behind: a child goes with its handle.
//
// Run it: build/examples/supervisor
// It prints
//    crasher says: up, and about to fail
//    crasher: exit code 1; started again
//    crasher says: up, and about to fail
//    crasher: exit code 1; started again
//    crasher says: up, and about to fail
//    crasher: exit code 1; given up
//    steady says: working
//    steady: done
#include <coil/coil.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

namespace {

using namespace std::chrono_literals;
namespace process = coil::process;

struct service {
    std::string name;
    std::string script;
    int most_starts = 3;
};

// One life of a service: from its start to its end.
coil::task<process::exit_status> live(const service& s) {
    process::child c = co_await process::spawn({"sh", "-c", s.script}, {.out = process::pipe, .err = process::to_stdout});
    coil::buffered_reader lines{c.out()};
    std::optional<std::string> line = co_await lines.read_line();
    while (line) {
        std::printf("%s says: %s\n", s.name.c_str(), line->c_str());
        line = co_await lines.read_line();
    }
    co_return co_await c.wait();
}

coil::task<> supervise(const service& s) {
    auto pause = 10ms;
    for (int starts = 1;; ++starts) {
        const process::exit_status end = co_await live(s);
        if (end.success()) {
            std::printf("%s: done\n", s.name.c_str());
            co_return;
        }
        const bool again = starts < s.most_starts;
        std::printf("%s: %s; %s\n", s.name.c_str(), to_string(end).c_str(), again ? "started again" : "given up");
        if (!again) co_return;
        co_await coil::sleep_for(pause);
        pause *= 2;
    }
}

coil::task<> amain() {
    coil::stop_on({SIGINT, SIGTERM});
    // one after the other here, so that the lines have one order; `co_await coil::when_all(...)` watches them side by side
    const service crasher{"crasher", "echo up, and about to fail; exit 1"}, steady{"steady", "echo working"};
    co_await supervise(crasher);
    co_await supervise(steady);
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::system_error& e) {
        std::fprintf(stderr, "supervisor: %s\n", e.what());
        return 1;
    }
}
