// SPDX-License-Identifier: BSL-1.0
#include <coil/process/condition.hpp>

#include "other_process.hpp"
#include "stopped.hpp"

#include <coil/process/shared_array.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <system_error>
#include <thread>

using namespace std::chrono_literals;
using namespace process_test;
using coil::task;
namespace process = coil::process;

TEST_CASE(CHILD("passes a number back and forth")) {
    given objects;
    auto m = objects.take<process::mutex>();
    auto c = objects.take<process::condition>();
    auto n = objects.take<process::shared_array<int>>();
    for (int i = 0; i < 200; ++i) {
        auto g = m.lock_blocking();
        c.wait_blocking(g, [&] { return n[0] == 2 * i + 1; });
        n[0] = 2 * i + 2;
        c.notify_all();
    }
}

TEST_CASE("a task and another process wake each other by a condition") {
    process::mutex m;
    process::condition c;
    process::shared_array<int> n{1};
    other_process other("passes a number back and forth", message_of(m, c, n));
    const auto body = [&]() -> task<> {
        for (int i = 0; i < 200; ++i) {
            auto g = co_await m.lock();
            n[0] = 2 * i + 1;
            c.notify_one();
            co_await c.wait(g, [&] { return n[0] == 2 * i + 2; });
            CHECK(m.mine());
        }
    };
    coil::run(body());
    CHECK(other.wait() == 0);
}

TEST_CASE("a wait for a condition that is stopped, or out of time, has its lock again") {
    process::mutex m;
    process::condition c;
    const auto body = [&]() -> task<> {
        bool locked_when_stopped = false;
        const auto waits = [&]() -> task<> {
            auto g = co_await m.lock();
            try {
                co_await c.wait(g, [] { return false; });
            } catch (const coil::cancelled&) {
                locked_when_stopped = m.mine() && static_cast<bool>(g);
                throw;
            }
        };
        auto h = coil::spawn(waits());
        while (m.locked()) co_await coil::yield();
        co_await coil::yield();
        h.cancel();
        const bool stopped = co_await process_test::ends_stopped(h);
        CHECK(stopped);
        CHECK(locked_when_stopped);
        CHECK(!m.locked());
        auto g = co_await m.lock();
        const bool came = co_await c.wait_for(g, 1ms, [] { return false; });
        CHECK(!came);
        CHECK(m.mine());
    };
    coil::run(body());
}

TEST_CASE("who waits for a condition without its lock is told at its line") {
    process::condition c;
    process::mutex_guard empty;
    CHECK_THROWS_AS(c.wait_blocking(empty), std::system_error);
    c.notify_one();
    c.notify_all();
    c.notify(3);
}
