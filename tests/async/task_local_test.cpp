// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/task_local.hpp>

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/async/when_any.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using coil::task;

namespace {

coil::task_local<std::string> user;
coil::task_local<int> number;

task<std::string> whoami() {
    co_await coil::yield();
    co_return user.find() ? user.get() : "nobody";
}

}  // namespace

TEST_CASE("task_local: unset it throws logic_error, in and outside of a task") {
    by_hand::world w;
    CHECK_THROWS_WITH_AS(user.get(), doctest::Contains("task_local_test.cpp:"), std::logic_error);
    auto r = w.run([]() -> task<> {
        co_await coil::yield();
        user.get();
    }());
    CHECK(r->failed_with<std::logic_error>());
}

TEST_CASE("task_local: with binds for what it awaits, inner bindings hide outer ones, each name its own") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        auto inner = []() -> task<std::string> {
            std::string s = co_await whoami();
            s += "," + co_await user.with("bob", whoami());
            s += "," + co_await whoami();
            s += "," + std::to_string(number.get());
            user.get() += "ie";  // it is a variable
            s += "," + co_await whoami();
            co_return s;
        };
        std::string s = co_await whoami();
        s += "," + co_await number.with(5, user.with(std::string("ann"), inner()));
        s += "," + co_await whoami();
        co_return s;
    }());
    CHECK(*r->value == "nobody,ann,bob,ann,5,annie,nobody");
}

TEST_CASE("task_local: children see the parent's, a spawned task starts with none") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        auto body = []() -> task<std::string> {
            auto [a, b] = co_await coil::when_all(whoami(), user.with("bob", whoami()));
            auto c = co_await coil::when_any(whoami(), coil::sleep_for(1h));
            auto d = co_await coil::spawn(whoami());
            auto e = co_await coil::timeout(1s, coil::shield(whoami()));
            co_return a + "," + b + "," + std::get<0>(c) + "," + d + "," + e;
        };
        co_return co_await user.with("ann", body());
    }());
    CHECK(*r->value == "ann,bob,ann,nobody,ann");
}

TEST_CASE("task_local goes along to the pool and back") {
    coil::thread_pool pool(2);
    by_hand::world w;
    auto r = w.start([](coil::thread_pool& p) -> task<std::string> {
        auto there = [](coil::thread_pool& q) -> task<std::string> {
            std::string s = user.get();
            s += co_await coil::on_pool([&] { return "," + user.get(); }, q);
            auto [a, b] = co_await coil::when_all(whoami(), whoami());
            co_return s + "," + a + b;
        };
        std::string s = co_await user.with("ann", coil::on_pool(there(p), p));
        s += "," + co_await whoami();
        co_return s;
    }(pool));
    while (!r->ended) w.exec.drain();
    w.exec.drain();
    CHECK(*r->value == "ann,ann,annann,nobody");
}

TEST_CASE("task_local: five tasks, five values, the spawner's own unchanged") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        auto body = []() -> task<std::string> {
            std::vector<coil::join_handle<std::string>> five;
            auto child = []() -> task<std::string> {
                co_await coil::yield();
                co_return std::to_string(number.get());
            };
            for (int i = 0; i != 5; ++i) five.push_back(coil::spawn(number.with(i, child())));
            std::string s;
            for (auto& h : five) s += co_await h;
            co_return s + "," + std::to_string(number.get());
        };
        co_return co_await number.with(42, body());
    }());
    CHECK(*r->value == "01234,42");
}

TEST_CASE("task_local::with ends its binding when what it awaits throws or is stopped") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        auto fails = []() -> task<> {
            co_await coil::yield();
            throw std::runtime_error("x");
        };
        std::string s;
        try {
            co_await user.with("ann", fails());
        } catch (const std::runtime_error&) {
            s += user.find() ? "bound" : "unbound";
        }
        try {
            co_await coil::timeout(5ms, user.with("ann", coil::sleep_for(1h)));
        } catch (const coil::timed_out&) {
            s += user.find() ? ",bound" : ",unbound";
        }
        co_return s;
    }());
    w.exec.advance(5ms);
    CHECK(*r->value == "unbound,unbound");
}

TEST_CASE("task_local::with: stopped before, while waiting, after completion, never begun, during unwinding") {
    by_hand::world w;
    auto before = w.run([]() -> task<> {
        co_await by_hand::stop_myself();
        co_await user.with("ann", coil::yield());
    }());
    CHECK(before->stopped);
    auto waiting = w.run([]() -> task<> { co_await user.with("ann", coil::sleep_for(1h)); }());
    waiting->handle.cancel();
    w.exec.drain();
    CHECK(waiting->stopped);
    auto after = w.run([]() -> task<std::string> {
        std::string s = co_await user.with("ann", whoami());
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        if (unwinding) s += "," + co_await coil::shield(user.with("bob", whoami()));
        co_return s;
    }());
    CHECK(*after->value == "ann,bob");
    auto never = w.run_stopped([]() -> task<> { co_await user.with("ann", coil::yield()); }());
    CHECK_FALSE(never->ended);
}

TEST_CASE("task_local holds move-only values and destroys them once") {
    by_hand::world w;
    int destroyed = 0;
    auto r = w.run([](int& count) -> task<int> {
        coil::task_local<std::unique_ptr<by_hand::witness>> kept;
        auto body = [](auto& local) -> task<int> {
            co_await coil::yield();
            co_return local.get() ? 1 : 0;
        };
        co_return co_await kept.with(std::make_unique<by_hand::witness>(count), body(kept));
    }(destroyed));
    CHECK(*r->value == 1);
    CHECK(destroyed == 1);
}
