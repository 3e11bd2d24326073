// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/settle.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

using namespace std::chrono_literals;
using coil::task;

namespace {
task<std::unique_ptr<int>> pointer() {
    co_await coil::yield();
    co_return std::make_unique<int>(3);
}
task<int> fails(const char* text) {
    co_await coil::yield();
    throw std::runtime_error(text);
}
task<> throws_an_int() {
    co_await coil::yield();
    throw 5;
}
task<> makes_cancelled_up() {
    co_await coil::yield();
    throw coil::cancelled();
}
int number = 0;
task<int&> reference() { co_return number; }
}  // namespace

TEST_CASE("settle gives every outcome and throws none; nobody stops anybody") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto r = w.run([]() -> task<std::string> {
        auto [a, b, c, d, e, f] = co_await coil::settle(pointer(), fails("first"), coil::sleep_for(5ms), throws_an_int(),
                                                        makes_cancelled_up(), reference());
        std::string s;
        if (a && **a == 3 && !a.failed() && !a.stopped() && !a.error()) s += "a";
        if (b.failed() && !b && !b.stopped()) s += "b";
        try {
            (void)b.value();
        } catch (const std::runtime_error& x) {
            s += x.what();
        }
        if (c.has_value()) s += "c";
        if (d.failed()) s += "d";
        if (e.failed()) s += "e";  // nothing had stopped it: an error
        if (&f->get() == &number) s += "f";
        co_return s;
    }());
    w.exec.advance(5ms);
    CHECK(*r->value == "abfirstcdef");
    CHECK(suppressed.texts().empty());
}

TEST_CASE("settle of nothing has no outcomes, at once") {
    by_hand::world w;
    auto body = []() -> task<> {
        const std::tuple<> none = co_await coil::settle();
        (void)none;
    };
    CHECK(w.run(body())->value);
}

TEST_CASE("settle stopped while waiting gives what each child made of it") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        auto stubborn = []() -> task<int> {
            co_await coil::shield(coil::sleep_for(5ms));
            co_return 1;
        };
        auto [a, b, c] = co_await coil::settle(coil::sleep_for(1h), stubborn(), pointer());
        std::string s;
        s += a.stopped() ? "stopped" : "?";
        s += b ? ",value" : ",?";
        s += c ? ",value" : ",?";
        try {
            (void)a.value();
        } catch (const coil::cancelled&) {
            s += ",cancelled";
        }
        co_return s;
    }());
    w.exec.drain();
    r->handle.cancel();
    w.exec.advance(5ms);
    CHECK(*r->value == "stopped,value,value,cancelled");
}

TEST_CASE("settle: a child that nobody has begun is not begun once stopped") {
    by_hand::world w;
    int begun = 0;
    auto r = w.run([](int& count) -> task<std::string> {
        auto first = []() -> task<> {
            co_await by_hand::stop_myself();
        };
        auto second = [](int& n) -> task<> {
            ++n;
            co_return;
        };
        auto [a, b] = co_await coil::settle(first(), second(count));
        co_return std::string(a ? "value" : "?") + (b.stopped() ? ",stopped" : ",?");
    }(begun));
    CHECK(*r->value == "value,stopped");
    CHECK(begun == 0);
}

TEST_CASE("settle stopped before throws cancelled and begins nothing") {
    by_hand::world w;
    int begun = 0;
    auto r = w.run([](int& count) -> task<> {
        co_await by_hand::stop_myself();
        auto child = [](int& n) -> task<> {
            ++n;
            co_return;
        };
        (void)co_await coil::settle(child(count), child(count));
    }(begun));
    CHECK(r->stopped);
    CHECK(begun == 0);
    auto never = w.run_stopped([]() -> task<> { (void)co_await coil::settle(pointer()); }());
    CHECK_FALSE(never->ended);
}

TEST_CASE("settle stopped after completion keeps the outcomes; shielded it works during unwinding") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        auto [a, b] = co_await coil::settle(pointer(), pointer());
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        auto [c, d] = co_await coil::shield(coil::settle(pointer(), fails("x")));
        co_return unwinding && c && d.failed() ? **a + **b : 0;
    }());
    CHECK(*r->value == 6);
}
