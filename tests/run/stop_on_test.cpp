// SPDX-License-Identifier: BSL-1.0
// What of stop_on can be seen within one process; the second signal is seen from outside, in tests/behaviour.
#include <coil/runtime/run/stop_on.hpp>

#include "lives.hpp"

#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <csignal>
#include <string>
#include <stdexcept>
#include <system_error>
#include <thread>

using namespace coil;

namespace {

bool caught(int number) {
    struct sigaction now {};
    ::sigaction(number, nullptr, &now);
    return now.sa_handler != SIG_DFL;
}
task<> for_ever() { co_await sleep_for(std::chrono::hours(24 * 365)); }

}  // namespace

TEST_CASE("stop_on: a signal stops main, every task and daemon, and the old handlers come back") {
    census all;
    auto amain = [](census& c) -> task<> {
        stop_on({SIGUSR1, SIGUSR2});
        CHECK(caught(SIGUSR1));
        CHECK(caught(SIGUSR2));
        (void)spawn([](alive) -> task<> { co_await for_ever(); }(alive(c)));
        (void)spawn([](alive) -> task<> { co_await for_ever(); }(alive(c)), {.daemon = true});
        co_await yield();
        ::raise(SIGUSR2);
        co_await for_ever();
    };
    for (int i = 0; i != 3; ++i) {
        CHECK_THROWS_AS(run(amain(all)), cancelled);
        CHECK(all.living() == 0);
        CHECK_FALSE(caught(SIGUSR1));
        CHECK_FALSE(caught(SIGUSR2));
    }
}

TEST_CASE("stop_on: a signal that a sleeping loop gets from another thread's side wakes it") {
    auto amain = []() -> task<> {
        stop_on({SIGUSR1});
        (void)spawn([]() -> task<> { co_await blocking([] { ::kill(::getpid(), SIGUSR1); }); }());
        co_await for_ever();
    };
    CHECK_THROWS_AS(run(amain()), cancelled);
}

TEST_CASE("stop_on: outside of a task it is refused") {
    CHECK_THROWS_WITH_AS(stop_on({SIGUSR1}), doctest::Contains("outside of a task"), std::logic_error);
    CHECK_FALSE(caught(SIGUSR1));
}

TEST_CASE("stop_on: a number that is no signal, or cannot be caught, changes nothing") {
    run([]() -> task<> {
        for (int bad : {0, 12345, SIGKILL}) {
            try {
                stop_on({SIGUSR1, bad});
                FAIL("it was taken");
            } catch (const std::system_error& e) {
                CHECK(e.code().value() == EINVAL);
                CHECK(std::string(e.what()).find(std::to_string(bad)) != std::string::npos);
            }
            CHECK_FALSE(caught(SIGUSR1));
        }
        stop_on({SIGUSR1});
        CHECK_THROWS_AS(stop_on({SIGUSR2, SIGKILL}), std::system_error);
        CHECK(caught(SIGUSR1));
        CHECK_FALSE(caught(SIGUSR2));
        co_return;
    }());
    CHECK_FALSE(caught(SIGUSR1));
}

TEST_CASE("stop_on: called twice it takes both lists") {
    auto amain = []() -> task<> {
        stop_on({SIGUSR1});
        stop_on({SIGUSR2});
        ::raise(SIGUSR1);
        co_await for_ever();
    };
    CHECK_THROWS_AS(run(amain()), cancelled);
    CHECK_FALSE(caught(SIGUSR1));
    CHECK_FALSE(caught(SIGUSR2));
}

TEST_CASE("stop_on: one run at a time has the signals, and another one's end leaves them alone") {
    auto other = []() -> task<> {
        CHECK_THROWS_WITH_AS(stop_on({SIGUSR1}), doctest::Contains("another run"), std::logic_error);
        co_return;
    };
    auto amain = [](auto& task_of_other) -> task<> {
        stop_on({SIGUSR1});
        auto in_another_run = [&] { std::thread([&] { run(task_of_other()); }).join(); };
        in_another_run();
        CHECK(caught(SIGUSR1));
        ::raise(SIGUSR1);
        in_another_run();  // the signal has come, and this run is not over yet
        CHECK(caught(SIGUSR1));
        co_await for_ever();
    };
    CHECK_THROWS_AS(run(amain(other)), cancelled);
    CHECK_FALSE(caught(SIGUSR1));
    run([]() -> task<> {
        stop_on({SIGUSR1});
        co_return;
    }());
}
