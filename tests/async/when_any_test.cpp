// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/when_any.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
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
task<int> after(coil::nanoseconds d, int x) {
    co_await coil::sleep_for(d);
    co_return x;
}
task<std::unique_ptr<int>> pointer_after(coil::nanoseconds d, int x) {
    co_await coil::sleep_for(d);
    co_return std::make_unique<int>(x);
}
task<int> fails_after(coil::nanoseconds d, const char* text) {
    co_await coil::sleep_for(d);
    throw std::runtime_error(text);
}
int number = 0;
task<int&> reference() { co_return number; }
}  // namespace

TEST_CASE("when_any takes the first that ends and tells which; void is monostate") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        std::string s;
        auto a = co_await coil::when_any(after(5ms, 1), pointer_after(2ms, 2), coil::sleep_for(9ms));
        s += std::to_string(a.index()) + ":" + std::to_string(*std::get<1>(a));
        auto b = co_await coil::when_any(after(5ms, 1), coil::sleep_for(1ms));
        s += "," + std::to_string(b.index());
        auto c = co_await coil::when_any(after(0ms, 7));
        s += "," + std::to_string(std::get<0>(c));
        auto d = co_await coil::when_any(coil::sleep_for(1h), reference());
        s += &std::get<1>(d).get() == &number ? ",ref" : ",?";
        co_return s;
    }());
    w.exec.advance(1h);
    CHECK(*r->value == "1:2,1,7,ref");
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("when_any: of two that are ready the first argument wins, the other is not begun") {
    by_hand::world w;
    int begun = 0;
    auto r = w.run([](int& count) -> task<int> {
        auto child = [](int& n, int x) -> task<int> {
            ++n;
            co_return x;
        };
        auto v = co_await coil::when_any(child(count, 1), child(count, 2));
        co_return v.index() == 0 ? std::get<0>(v) : 0;
    }(begun));
    CHECK(*r->value == 1);
    CHECK(begun == 1);
}

TEST_CASE("when_any stops the losers, waits for them and destroys what they returned") {
    by_hand::world w;
    int destroyed = 0;
    std::string order;
    auto r = w.run([](int& count, std::string& o) -> task<int> {
        auto loser = [](int& n, std::string& x) -> task<by_hand::witness> {
            co_await coil::shield(coil::sleep_for(5ms));  // it takes its time, and has a value then
            x += "loser ";
            co_return by_hand::witness(n);
        };
        auto v = co_await coil::when_any(loser(count, o), after(1ms, 4));
        o += "parent";
        co_return v.index() == 1 && count == 1 ? std::get<1>(v) : 0;
    }(destroyed, order));
    w.exec.advance(1ms);
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(*r->value == 4);
    CHECK(order == "loser parent");
}

TEST_CASE("when_any: the first may be an error; a loser's error is suppressed") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto r = w.run([]() -> task<> {
        auto bad_loser = []() -> task<> {
            try {
                co_await coil::sleep_for(1h);
            } catch (const coil::cancelled&) {
                throw std::runtime_error("loser");
            }
        };
        (void)co_await coil::when_any(bad_loser(), fails_after(1ms, "first"), after(2ms, 1));
    }());
    w.exec.advance(1h);
    CHECK(r->what() == "first");
    CHECK(suppressed.texts() == std::vector<std::string>{"loser"});
}

TEST_CASE("when_any takes handles by name, and leaves a task that lost its race running") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        auto slow = coil::spawn(after(9ms, 9));
        auto v = co_await coil::when_any(slow, after(1ms, 1));
        co_return v.index() == 1 ? co_await slow : 0;
    }());
    w.exec.advance(9ms);
    CHECK(*r->value == 9);
}

TEST_CASE("when_any stopped while waiting ends as cancelled once all have ended") {
    by_hand::world w;
    auto r = w.run([]() -> task<> { (void)co_await coil::when_any(coil::sleep_for(1h), after(1h, 1)); }());
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->stopped);
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("when_any stopped while waiting: one that ends by itself nevertheless counts") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        auto v = co_await coil::when_any(coil::sleep_for(1h), coil::shield(after(5ms, 8)));
        co_return v.index() == 1 ? std::get<1>(v) : 0;
    }());
    r->handle.cancel();
    w.exec.advance(5ms);
    CHECK(*r->value == 8);
}

TEST_CASE("when_any stopped before begins nothing; after completion it keeps its value") {
    by_hand::world w;
    int begun = 0;
    auto before = w.run([](int& count) -> task<> {
        co_await by_hand::stop_myself();
        auto child = [](int& n) -> task<> {
            ++n;
            co_return;
        };
        (void)co_await coil::when_any(child(count), child(count));
    }(begun));
    CHECK(before->stopped);
    CHECK(begun == 0);
    auto after_it = w.run([]() -> task<int> {
        auto v = co_await coil::when_any(after(0ms, 3), coil::sleep_for(1h));
        co_await by_hand::stop_myself();
        co_return std::get<0>(v);
    }());
    CHECK(*after_it->value == 3);
    auto never = w.run_stopped([]() -> task<> { (void)co_await coil::when_any(coil::yield()); }());
    CHECK_FALSE(never->ended);
}

TEST_CASE("when_any during unwinding, under a shield") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        auto v = co_await coil::shield(coil::when_any(after(1ms, 5), coil::sleep_for(1h)));
        co_return unwinding ? std::get<0>(v) : 0;
    }());
    w.exec.advance(1ms);
    CHECK(*r->value == 5);
}
