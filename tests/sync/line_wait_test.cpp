// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/line_wait.hpp>

#include "../async/by_hand.hpp"
#include "../coro/partner.hpp"
#include "lines.hpp"

#include <coil/runtime/async/timeout.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace {

using by_hand::world;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("a stop takes a waiter out of its line, and it says what it waited for") {
    world w;
    turnstile t;
    auto body = [&]() -> task<> { co_await t.pass(); };
    auto r = w.run(body());
    CHECK(t.line().statistics().waiters == 1);
    r->handle.cancel();
    CHECK(t.line().statistics().waiters == 1);  // stopped at home
    w.exec.drain();
    CHECK(r->stopped);
    CHECK(t.line().statistics().waiters == 0);
}

TEST_CASE("a wait that is stopped before takes nothing, though it is there") {
    world w;
    turnstile t;
    t.admit(1);
    auto body = [&]() -> task<> {
        co_await by_hand::stop_myself();
        co_await t.pass();
    };
    CHECK(w.run(body())->stopped);
    CHECK(t.free() == 1);
}

TEST_CASE("a timed wait ends at its deadline, or with what it was given, whichever is first") {
    world w;
    turnstile t;
    auto body = [&](coil::nanoseconds d) -> task<bool> {
        const bool in_time = co_await t.pass_for(d);
        co_return in_time;
    };
    auto a = w.run(body(10ms)), b = w.run(body(20ms)), c = w.run(body(coil::nanoseconds::max()));
    CHECK(w.exec.timers() == 2);
    w.exec.advance(10ms);
    CHECK(a->value == false);
    CHECK_FALSE(b->ended);
    t.admit(1);
    w.exec.drain();
    CHECK(b->value == true);
    CHECK(w.exec.timers() == 0);
    t.admit(1);
    w.exec.drain();
    CHECK(c->value == true);
    CHECK(t.free() == 0);
}

TEST_CASE("a timed wait of no duration waits for nothing, and a stop ends a timed one too") {
    world w;
    turnstile t;
    auto body = [&](coil::nanoseconds d) -> task<bool> {
        const bool in_time = co_await t.pass_for(d);
        co_return in_time;
    };
    CHECK(w.run(body(0ms))->value == false);
    CHECK(w.run(body(-1ms))->value == false);
    auto r = w.run(body(1h));
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->stopped);
    CHECK(w.exec.timers() == 0);
    CHECK(t.line().statistics().waiters == 0);
}

TEST_CASE("a deadline and a grant at the same moment: one of them counts") {
    partner other;
    for (unsigned round = 0; round != 2000; ++round) {
        world w;
        turnstile t;
        auto body = [&]() -> task<bool> {
            const bool in_time = co_await t.pass_for(1ms);
            co_return in_time;
        };
        auto r = w.run(body());
        other.together(
            [&] {
                partner::linger(round);
                t.admit(1);
            },
            [&] {
                partner::linger(round / 64);
                w.exec.advance(1ms);
            });
        w.exec.drain();
        REQUIRE(r->value);
        REQUIRE(t.free() == (*r->value ? 0 : 1));
    }
}

TEST_CASE("coil::timeout ends a wait in a line") {
    world w;
    turnstile t;
    auto body = [&]() -> task<> { co_await coil::timeout(5ms, t.pass()); };
    auto r = w.run(body());
    w.exec.advance(5ms);
    CHECK(r->failed_with<coil::timed_out>());
    CHECK(t.line().statistics().waiters == 0);
}

TEST_CASE("one wait may be awaited again") {
    world w;
    turnstile t;
    int passed = 0;
    auto body = [&]() -> task<> {
        auto p = t.pass();
        for (;;) {
            co_await p;
            ++passed;
        }
    };
    auto r = w.run(body());
    for (int i = 1; i != 4; ++i) {
        t.admit(1);
        w.exec.drain();
        CHECK(passed == i);
    }
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->stopped);
}

}  // namespace
