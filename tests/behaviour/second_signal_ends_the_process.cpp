// SPDX-License-Identifier: BSL-1.0
// SIGINT in the middle of things: the first one stops main, tasks and daemons, whose destructors run, and the program
// ends in good order; if that takes too long for somebody, a second one ends the process by the signal.
#include "bad_day.hpp"
#include "child_program.hpp"

#include <coil/runtime.hpp>

#include <csignal>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using coil::task;

void say(const char* text) {
    std::puts(text);
    std::fflush(stdout);  // the process may end by a signal
}

int alive = 0;
struct told {
    explicit told(const char* words) : text(words) { ++alive; }
    told(const told&) = delete;
    told& operator=(const told&) = delete;
    ~told() {
        --alive;
        say(text);
    }
    const char* text;
};

task<> waits(const char* last_words) {
    const told t(last_words);
    co_await coil::sleep_for(24h * 365);
}
task<> takes_long() {
    while (alive != 0)
        co_await coil::yield();
    say("only the one that takes long is left");
    ::raise(SIGINT);
    // the signal may come to this thread a little later, but never not at all
    for (int i = 0; i != 10'000; ++i)
        co_await coil::yield();
    std::_Exit(7);
}

task<> amain(bool twice) {
    coil::stop_on({SIGINT, SIGTERM});
    const told t("main destroyed");
    (void)coil::spawn(waits("task destroyed"));
    (void)coil::spawn(waits("daemon destroyed"), {.daemon = true});
    (void)coil::spawn_on(coil::pool(), coil::sleep_for(24h * 365));
    if (twice) (void)coil::spawn([]() -> task<> { co_await coil::shield(takes_long()); }());
    while (alive != 3)  // all have begun: what is stopped before its first step never runs
        co_await coil::yield();
    co_await coil::blocking([] { ::kill(::getpid(), SIGINT); });
    co_await coil::sleep_for(24h * 365);
}

int child(bool twice) {
    try {
        coil::run(amain(twice));
    } catch (const coil::cancelled&) {
        say("run was cancelled");
        return 5;
    }
    return 6;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2) return child(std::string(argv[1]) == "twice");
    for (const char* how : {"once", "twice"}) {
        const child_program c(how);
        std::printf("%s:\n%s", how, c.output().c_str());
        for (const char* words : {"main destroyed", "task destroyed", "daemon destroyed"})
            expect(c.says(words), std::string(how) + ": it does not say: " + words);
        if (how == std::string("once")) {
            expect(c.exit_code() == 5 && c.says("run was cancelled"), "after one signal it ends in good order");
        } else {
            expect(c.signal() == SIGINT, "after the second signal it ends by that");
            expect(c.says("is left") && !c.says("run was cancelled"), "it ends while the first stop goes on");
        }
    }
    return bad_day::verdict();
}
