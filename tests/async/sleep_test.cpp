// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/sleep.hpp>

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

using namespace std::chrono_literals;

namespace {
coil::task<> sleeps(std::chrono::milliseconds d, std::vector<long>& woken) {
    co_await coil::sleep_for(d);
    woken.push_back(d.count());
}
struct hand {
    coil::manual_executor home;
    by_hand::crew owner;
    coil::join_handle<> spawn(coil::task<> t) {
        return coil::spawn_task(std::move(t), {}, coil::place::current(), &home, &owner);
    }
};
}  // namespace

TEST_CASE("sleepers wake in the order of their deadlines, never before") {
    hand h;
    std::vector<long> woken;
    auto a = h.spawn(sleeps(30ms, woken)), b = h.spawn(sleeps(10ms, woken)), c = h.spawn(sleeps(20ms, woken));
    h.home.drain();
    h.home.advance(9ms);
    CHECK(woken.empty());
    h.home.advance(1ms);
    CHECK(woken == std::vector<long>{10});
    h.home.advance(1h);
    CHECK(woken == std::vector<long>{10, 20, 30});
    CHECK(h.home.timers() == 0);
}

TEST_CASE("zero, negative and past times yield once; an enormous time is never") {
    hand h;
    std::vector<int> order;
    auto yields = [&](std::chrono::hours d) -> coil::task<> {
        order.push_back(1);
        co_await coil::sleep_for(d);
        order.push_back(2);
        co_await coil::sleep_until(std::chrono::steady_clock::time_point::min());
        order.push_back(3);
    };
    auto a = h.spawn(yields(0h)), b = h.spawn(yields(std::chrono::hours::min()));
    h.home.drain();
    CHECK(order == std::vector<int>{1, 1, 2, 2, 3, 3});
    bool woke = false;
    auto never = [&]() -> coil::task<> {
        co_await coil::sleep_for(std::chrono::hours::max());
        woke = true;
    };
    auto c = h.spawn(never());
    h.home.drain();
    h.home.advance(std::chrono::hours(24 * 365 * 100));
    CHECK(!woke);
    c.cancel();
    h.home.drain();
    CHECK(c.state() == coil::task_state::cancelled);
}

TEST_CASE("a stop ends a sleep at once and disarms its timer; before it, nothing is armed") {
    hand h;
    std::vector<long> woken;
    auto a = h.spawn(sleeps(1000ms, woken));
    h.home.drain();
    CHECK(h.home.timers() == 1);
    a.cancel();
    h.home.drain();
    CHECK(h.home.timers() == 0);
    CHECK(a.state() == coil::task_state::cancelled);
    CHECK(woken.empty());
}

TEST_CASE("yield lets every other ready task have a turn, and refuses a stopped one") {
    hand h;
    std::vector<int> order;
    auto turns = [&](int n) -> coil::task<> {
        for (int i = 0; i != 3; ++i) {
            order.push_back(n);
            co_await coil::yield();
        }
    };
    auto a = h.spawn(turns(1)), b = h.spawn(turns(2));
    h.home.step();
    h.home.step();
    CHECK(order == std::vector<int>{1, 2});
    a.cancel();
    h.home.drain();
    CHECK(order == std::vector<int>{1, 2, 1, 2, 2});
    CHECK(a.state() == coil::task_state::cancelled);
}

TEST_CASE("a yield with nobody else ready goes on at once, but for the turns after which the loop looks round") {
    coil::loop l;
    bool stopped = false;
    l.run([&]() -> coil::task<> {
        const auto before = l.statistics();
        for (int i = 0; i != 640; ++i)
            co_await coil::yield();
        const auto looks = l.statistics().looks - before.looks;
        CHECK(looks >= 10);
        CHECK(looks <= 11);
        // a time limit is looked after all the same
        try {
            co_await coil::timeout(1ms, [&]() -> coil::task<> {
                for (;;)
                    co_await coil::yield();
            }());
        } catch (const coil::timed_out&) {
            stopped = true;
        }
    }());
    CHECK(stopped);
}

TEST_CASE("on a pool too: a sleep ends, and a stop ends it") {
    coil::thread_pool own{2};
    auto body = [&]() -> coil::task<> {
        auto naps = []() -> coil::task<> {
            for (int i = 0; i != 20; ++i) co_await coil::sleep_for(100us);
        };
        co_await coil::on_pool(naps(), own);
        auto waits = []() -> coil::task<> { co_await coil::sleep_for(1h); };
        auto h = coil::spawn_on(own, waits());
        while (h.state() != coil::task_state::suspended) co_await coil::yield();
        h.cancel();
        CHECK(co_await h.join_for(1h));
        CHECK(h.state() == coil::task_state::cancelled);
    };
    coil::run(body());
}
