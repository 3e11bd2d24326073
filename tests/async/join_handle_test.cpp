// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/join_handle.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

using namespace std::chrono_literals;

namespace {
coil::task<int> number(int n) {
    co_await coil::yield();
    co_return n;
}
coil::task<int> fails() {
    co_await coil::yield();
    throw std::runtime_error("broken");
}
coil::task<int> waits() {
    co_await coil::sleep_for(1h);
    co_return 1;
}
}  // namespace

TEST_CASE("a value or an exception is taken once, by an lvalue or an rvalue handle") {
    auto body = []() -> coil::task<> {
        auto h = coil::spawn(number(1));
        CHECK(co_await h == 1);
        CHECK(h.done());
        bool refused = false;
        try {
            (void)co_await h;
        } catch (const std::logic_error&) {
            refused = true;
        }
        CHECK(refused);
        CHECK(co_await coil::spawn(number(2)) == 2);
        auto bad = coil::spawn(fails());
        std::string text;
        try {
            (void)co_await bad;
        } catch (const std::runtime_error& e) {
            text = e.what();
        }
        CHECK(text == "broken");
        CHECK(bad.state() == coil::task_state::failed);
    };
    coil::run(body());
}

TEST_CASE("a stopped task ends the await with cancelled; stopping the waiter leaves the task alone") {
    auto body = []() -> coil::task<> {
        auto h = coil::spawn(waits());
        co_await coil::yield();
        h.cancel("enough");
        bool stopped = false;
        try {
            (void)co_await h;
        } catch (const coil::cancelled&) {
            stopped = true;
        }
        CHECK(stopped);
        CHECK(h.state() == coil::task_state::cancelled);

        auto other = coil::spawn(waits());
        bool over = false;
        try {
            (void)co_await coil::timeout(1ms, other);
        } catch (const coil::timed_out&) {
            over = true;
        }
        CHECK(over);
        CHECK(!other.done());
        other.cancel();
    };
    coil::run(body());
}

TEST_CASE("join_for says whether the task has ended, and does not stop it") {
    auto body = []() -> coil::task<> {
        auto h = coil::spawn(waits());
        CHECK(!co_await h.join_for(1ms));
        CHECK(!co_await h.join_for(0s));
        CHECK(!co_await h.join_for(-5s));
        CHECK(!h.done());
        h.cancel();
        CHECK(co_await h.join_for(std::chrono::hours::max()));
        auto quick = coil::spawn(number(3));
        CHECK(co_await quick.join_for(1h));
        CHECK(co_await quick == 3);
    };
    coil::run(body());
}

TEST_CASE("a join on oneself, a second joiner and an empty handle are refused") {
    auto body = []() -> coil::task<> {
        std::optional<coil::join_handle<>> self;
        std::error_code code;
        auto joins_itself = [&]() -> coil::task<> {
            co_await coil::yield();
            try {
                co_await *self;
            } catch (const std::system_error& e) {
                code = e.code();
            }
        };
        self.emplace(coil::spawn(joins_itself()));
        while (!self->done()) co_await coil::yield();
        CHECK(code == std::errc::resource_deadlock_would_occur);

        auto h = coil::spawn(waits());
        bool second_refused = false;
        auto joins = [&]() -> coil::task<> {
            try {
                (void)co_await h;
            } catch (const coil::cancelled&) {
            }
        };
        auto first = coil::spawn(joins());
        co_await coil::yield();
        try {
            (void)co_await h;
        } catch (const std::logic_error&) {
            second_refused = true;
        }
        CHECK(second_refused);
        h.cancel();
        co_await first;

        auto moved = std::move(h);
        bool empty_refused = false;
        try {
            (void)co_await h;
        } catch (const std::logic_error&) {
            empty_refused = true;
        }
        CHECK(empty_refused);
        CHECK(h.done());
        CHECK(!h);
    };
    coil::run(body());
}
