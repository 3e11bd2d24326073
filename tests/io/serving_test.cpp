// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/serving.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::serving;

TEST_CASE("there is room until all seats are taken, and again when one is left") {
    coil::run([]() -> task<> {
        serving all(2);
        co_await all.room();
        std::optional<serving::seat> a, b;
        a.emplace(all);
        co_await all.room();
        b.emplace(all);
        CHECK(all.connections() == 2);
        auto waiting = coil::spawn(all.room());
        co_await suspended(waiting);
        a.reset();
        co_await waiting;
        CHECK(all.connections() == 1);
        a.emplace(all);
        auto stopped = coil::spawn(all.room());
        co_await suspended(stopped);
        stopped.cancel();
        CHECK_THROWS_AS(co_await stopped, coil::cancelled);
        b.reset();  // nobody waits any more
    }());
}

TEST_CASE("what is awaited unless the server stops: a value, an error, its stop, a stop from outside") {
    coil::run([]() -> task<> {
        serving all(10);
        const auto value = []() -> task<int> { co_return 7; };
        const auto error = []() -> task<int> {
            co_await coil::yield();
            throw std::runtime_error("its own");
        };
        const auto r = co_await all.unless_stopping(value());
        CHECK(r == std::optional<int>(7));
        CHECK_THROWS_AS(co_await all.unless_stopping(error()), std::runtime_error);

        std::atomic<int> ended{0};  // on the loop and on the pool
        const auto sleeper = [&](bool pool) -> task<> {
            if (pool) co_await coil::resume_on(coil::pool());
            const auto slept = co_await all.unless_stopping(coil::sleep_for(10h));
            CHECK_FALSE(slept.has_value());
            if (pool) co_await coil::resume_on(coil::pool());  // an await outside is not stopped
            ++ended;
        };
        auto outside = coil::spawn(sleeper(false));
        co_await suspended(outside);
        outside.cancel();
        CHECK_THROWS_AS(co_await outside, coil::cancelled);
        CHECK(ended == 0);

        auto here = coil::spawn(sleeper(false));
        auto there = coil::spawn(sleeper(true));
        co_await suspended(here);
        co_await suspended(there);
        CHECK_FALSE(all.stopping());
        all.begin_stop();
        CHECK(all.stopping());
        co_await here;
        co_await there;
        CHECK(ended == 2);
        // once it stops, nothing begins to wait; what is there at once is taken
        CHECK_FALSE((co_await all.unless_stopping(coil::sleep_for(10h))).has_value());
        CHECK((co_await all.unless_stopping(value())).has_value());
        CHECK_FALSE((co_await coil::move_on_after(0s, coil::sleep_for(10h))).has_value());
    }());
}
