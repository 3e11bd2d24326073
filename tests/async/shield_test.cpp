// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/shield.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>

using namespace std::chrono_literals;
using coil::task;

namespace {
task<std::unique_ptr<int>> slow_pointer() {
    co_await coil::sleep_for(5ms);
    co_return std::make_unique<int>(9);
}
}  // namespace

TEST_CASE("shield: a stop while waiting does not reach inside; the next await outside is stopped") {
    by_hand::world w;
    int seen = 0;
    auto r = w.run([](int& v) -> task<> {
        v = *co_await coil::shield(slow_pointer());
        co_await coil::yield();
        v = -1;
    }(seen));
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(seen == 9);
    CHECK(r->stopped);
}

TEST_CASE("shield runs in a branch that is stopped already, children and all") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        co_await by_hand::stop_myself();
        auto child = []() -> task<int> {
            co_await coil::yield();
            co_return 2;
        };
        const auto [a, b] = co_await coil::shield(coil::when_all(child(), child()));
        co_return a + b;
    }());
    CHECK(*r->value == 4);
}

TEST_CASE("shield stopped after completion keeps its value, and a task that never began runs nothing") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        const auto v = co_await coil::shield(slow_pointer());
        co_await by_hand::stop_myself();
        co_return *v;
    }());
    w.exec.advance(5ms);
    CHECK(*r->value == 9);
    auto never = w.run_stopped([]() -> task<> { co_await coil::shield(coil::yield()); }());
    CHECK_FALSE(never->ended);
}

TEST_CASE("shield: what stops from inside it still does, and errors pass") {
    by_hand::world w;
    auto late = w.run([]() -> task<> { co_await coil::shield(coil::timeout(5ms, coil::sleep_for(1h))); }());
    late->handle.cancel();
    w.exec.advance(5ms);
    CHECK(late->failed_with<coil::timed_out>());
    auto fails = w.run([]() -> task<> {
        auto body = []() -> task<> {
            co_await coil::yield();
            throw std::runtime_error("inside");
        };
        co_await coil::shield(body());
    }());
    CHECK(fails->what() == "inside");
}

TEST_CASE("shield during unwinding: cleaning up may await") {
    by_hand::world w;
    bool cleaned = false;
    auto r = w.run([](bool& c) -> task<> {
        bool stopped = false;
        try {
            co_await coil::sleep_for(1h);
        } catch (const coil::cancelled&) {
            stopped = true;
        }
        co_await coil::shield(coil::sleep_for(5ms));
        c = stopped;
        co_await coil::yield();
    }(cleaned));
    r->handle.cancel();
    w.exec.advance(5ms);
    CHECK(cleaned);
    CHECK(r->stopped);
}
