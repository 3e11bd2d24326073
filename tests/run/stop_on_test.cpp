// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/stop_on.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

// Runs f in a child process and returns how it ended, as waitpid says it.
template <class F>
int ended_as(F f) {
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 99;
        try {
            code = f();
        } catch (const coil::cancelled&) {
            code = 42;
        } catch (...) {
            code = 43;
        }
        ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("the first signal stops main, tasks and daemons; the run ends with cancelled") {
    int destroyed = 0;
    struct witness {
        int* count;
        explicit witness(int& c) : count(&c) {}
        ~witness() { ++*count; }
    };
    auto waits = [&](int signal) -> coil::task<> {
        witness w(destroyed);
        co_await coil::yield();
        if (signal) std::raise(signal);
        co_await coil::sleep_for(1h);
    };
    auto body = [&]() -> coil::task<> {
        coil::stop_on({SIGUSR1, SIGUSR2});
        auto a = coil::spawn(waits(0)), b = coil::spawn(waits(0), {.daemon = true}), c = coil::spawn(waits(SIGUSR1));
        co_await coil::sleep_for(1h);
    };
    bool stopped = false;
    try {
        coil::run(body());
    } catch (const coil::cancelled&) {
        stopped = true;
    }
    CHECK(stopped);
    CHECK(destroyed == 3);
}

TEST_CASE("the handlers that were there come back") {
    static int caught = 0;
    auto mine = [](int) { ++caught; };
    auto* before = std::signal(SIGUSR1, mine);
    auto body = []() -> coil::task<> {
        coil::stop_on({SIGUSR1});
        co_return;
    };
    coil::run(body());
    std::raise(SIGUSR1);
    CHECK(caught == 1);
    std::signal(SIGUSR1, before);
}

TEST_CASE("a second signal ends the process as if nothing had been installed") {
    // forked before any run of the child's own: coil's objects are made there
    const int status = ended_as([] {
        auto body = []() -> coil::task<> {
            coil::stop_on({SIGTERM});
            std::raise(SIGTERM);
            std::raise(SIGTERM);
            co_return;
        };
        coil::run(body());
        return 0;
    });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("what cannot be caught, and a place outside of a run, are refused") {
    CHECK_THROWS_AS(coil::stop_on({SIGUSR1}), std::logic_error);
    auto body = []() -> coil::task<> {
        CHECK_THROWS_AS(coil::stop_on({SIGKILL}), std::system_error);
        co_return;
    };
    coil::run(body());
}
