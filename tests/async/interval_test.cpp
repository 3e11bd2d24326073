// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/interval.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;

namespace {

long milliseconds(by_hand::world& w) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(w.exec.now().time_since_epoch()).count();
}

}  // namespace

TEST_CASE("interval ticks at multiples of its period from its beginning") {
    by_hand::world w;
    std::vector<long> at;
    auto r = w.run([](by_hand::world& x, std::vector<long>& v) -> task<> {
        coil::interval tick{5ms};
        for (int i = 0; i != 4; ++i) {
            CHECK(co_await tick.next() == 1);
            v.push_back(milliseconds(x));
            x.exec.pass(3ms);  // work between two ticks does not shift them
        }
    }(w, at));
    w.exec.advance(100ms);
    CHECK(at == std::vector<long>{5, 10, 15, 20});
    CHECK(r->ended);
}

TEST_CASE("interval counts the ticks that were missed and goes on in step") {
    by_hand::world w;
    std::vector<long> seen;
    auto r = w.run([](by_hand::world& x, std::vector<long>& v) -> task<> {
        coil::interval tick{5ms};
        x.exec.pass(17ms);
        v.push_back(static_cast<long>(co_await tick.next()));
        v.push_back(milliseconds(x));
        v.push_back(static_cast<long>(co_await tick.next()));
        v.push_back(milliseconds(x));
    }(w, seen));
    w.exec.advance(100ms);
    CHECK(seen == std::vector<long>{3, 17, 1, 20});
    CHECK(r->ended);
}

TEST_CASE("interval of zero or less ticks at every turn of the others; an enormous one never") {
    by_hand::world w;
    std::string order;
    auto a = w.start([](std::string& o) -> task<> {
        coil::interval tick{0ms};
        for (int i = 0; i != 3; ++i) {
            co_await tick.next();
            o += "a";
        }
    }(order));
    auto b = w.start([](std::string& o) -> task<> {
        coil::interval tick{-1h};
        for (int i = 0; i != 3; ++i) {
            co_await tick.next();
            o += "b";
        }
    }(order));
    auto never = w.start([]() -> task<> {
        coil::interval tick{std::chrono::hours::max()};
        co_await tick.next();
    }());
    w.exec.drain();
    CHECK(order == "ababab");
    CHECK(a->ended);
    CHECK(b->ended);
    w.exec.advance(1000h);
    CHECK_FALSE(never->ended);
    never->handle.cancel();
    w.exec.drain();
    CHECK(never->stopped);
}

TEST_CASE("interval made outside of a task begins with the first next; next outside of a task is refused") {
    by_hand::world w;
    coil::interval tick{5ms};
    CHECK_THROWS_AS((void)tick.next(), std::logic_error);
    w.exec.advance(100ms);
    auto r = w.run([](coil::interval& t) -> task<std::uint64_t> { co_return co_await t.next(); }(tick));
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(*r->value == 1);
}

TEST_CASE("interval: a tick that was waited for in vain is not lost") {
    by_hand::world w;
    std::vector<long> at;
    auto r = w.run([](by_hand::world& x, std::vector<long>& v) -> task<> {
        coil::interval tick{5ms};
        const auto early = co_await coil::move_on_after(2ms, tick.next());
        CHECK_FALSE(early);
        CHECK(co_await tick.next() == 1);
        v.push_back(milliseconds(x));
    }(w, at));
    w.exec.advance(100ms);
    CHECK(at == std::vector<long>{5});
    CHECK(r->ended);
}

TEST_CASE("interval::next stopped before, while waiting, after completion, never begun, during unwinding") {
    by_hand::world w;
    auto before = w.run([]() -> task<> {
        coil::interval tick{0ms};
        co_await by_hand::stop_myself();
        co_await tick.next();
    }());
    CHECK(before->stopped);
    auto waiting = w.run([]() -> task<> {
        coil::interval tick{1h};
        co_await tick.next();
    }());
    waiting->handle.cancel();
    w.exec.drain();
    CHECK(waiting->stopped);
    CHECK(w.exec.timers() == 0);
    auto after_it = w.run([]() -> task<std::uint64_t> {
        coil::interval tick{5ms};
        auto n = co_await tick.next();
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await tick.next();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        if (unwinding) n += co_await coil::shield(tick.next());
        co_return n;
    }());
    w.exec.advance(5ms);
    w.exec.advance(5ms);
    CHECK(*after_it->value == 2);
    auto never = w.run_stopped([]() -> task<> {
        coil::interval tick{5ms};
        co_await tick.next();
    }());
    CHECK_FALSE(never->ended);
}
