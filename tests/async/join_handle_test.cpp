// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/join_handle.hpp>

#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

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
        while (!self->done())
            co_await coil::yield();
        CHECK(code == std::errc::resource_deadlock_would_occur);

        auto h = coil::spawn(waits());
        bool second_refused = false;
        auto joins = [&]() -> coil::task<> {
            try {
                (void)co_await h;
            } catch (const coil::cancelled&) {}
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

TEST_CASE("a joiner next door is taken back by its own thread alone, though its task is shared") {
    by_hand::world w;
    const auto joiners = [&w] {
        int n = 0;
        w.owner.each([](coil::task_record& t, void* sum) { *static_cast<int*>(sum) += t.has_joiner() ? 1 : 0; }, &n);
        return n;
    };
    auto body = []() -> coil::task<> {
        auto h = coil::spawn(waits());
        coil::this_thread.current->root->share();
        (void)co_await h;
    };
    auto r = w.run(body());
    REQUIRE(joiners() == 1);
    r->handle.cancel();  // this thread does not work for the executor at the moment
    CHECK(joiners() == 1);
    w.exec.drain();
    CHECK(joiners() == 0);
    CHECK(r->stopped);
    w.owner.stop("the test is over");
    w.exec.drain();
    CHECK(w.owner.tasks() == 0);
}

TEST_CASE("a joiner next door gives up while the task ends on the pool: one of them is first") {
    int ended = 0, given_up = 0;
    auto child = []() -> coil::task<int> {
        co_await coil::resume_on(coil::pool());
        co_return 1;
    };
    auto body = [&]() -> coil::task<> {
        for (int i = 0; i != 1000; ++i) {
            auto h = coil::spawn(child());
            ++(co_await h.join_for(std::chrono::microseconds(i % 16)) ? ended : given_up);
            CHECK(co_await h == 1);
        }
    };
    coil::run(body());
    CHECK(ended + given_up == 1000);
}

TEST_CASE("the alarm of join_for may ring on another thread before the wait is registered") {
    // for a sanitizer to see
    coil::thread_pool pool{3};
    auto impatient = [](int n) -> coil::task<> {
        for (int i = 0; i != 20; ++i) {
            auto h = coil::spawn(number(n));
            while (!co_await h.join_for(std::chrono::microseconds(1 + i)))
                continue;
            CHECK(co_await h == n);
        }
    };
    auto body = [&]() -> coil::task<> {
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 40; ++i)
            all.push_back(coil::spawn_on(pool, impatient(i)));
        for (auto& h : all)
            co_await h;
    };
    coil::run(body());
}
