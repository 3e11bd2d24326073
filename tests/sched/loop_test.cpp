// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/loop.hpp>

#include "napping_ring.hpp"

#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/ring/plain_operations.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {
coil::task<> until(std::atomic<int>& count, int wanted) {
    while (count != wanted)
        co_await coil::yield();
}
}  // namespace

TEST_CASE("calls posted from several threads to a loop that sleeps are all made") {
    coil::loop l;
    std::atomic<int> calls{0};
    std::vector<std::thread> threads;
    auto body = [&]() -> coil::task<> {
        for (int t = 0; t != 8; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i != 200; ++i)
                    CHECK(l.post([&] { ++calls; }));
            });
        while (calls != 8 * 200)
            co_await coil::sleep_for(1ms);
    };
    l.run(body());
    for (auto& t : threads)
        t.join();
    CHECK(calls == 1600);
}

TEST_CASE("a call is made in order; one posted before the run waits for it; one after it is refused") {
    coil::loop l;
    std::vector<int> order;
    CHECK(l.post([&] { order.push_back(1); }));
    auto body = [&]() -> coil::task<> {
        l.post([&] { order.push_back(2); });
        co_await coil::yield();
        order.push_back(3);
    };
    l.run(body());
    CHECK(order == std::vector<int>{1, 2, 3});
    bool destroyed = false;
    struct tells {
        bool* flag;
        explicit tells(bool& f) : flag(&f) {}
        tells(tells&& o) noexcept : flag(std::exchange(o.flag, nullptr)) {}
        ~tells() {
            if (flag) *flag = true;
        }
        void operator()() const {}
    };
    CHECK(!l.post(tells(destroyed)));
    CHECK(destroyed);
}

TEST_CASE("a call that throws ends the run with its exception") {
    coil::loop l;
    auto body = [&]() -> coil::task<> {
        l.post([] { throw std::runtime_error("posted"); });
        co_await coil::sleep_for(1h);
    };
    CHECK_THROWS_WITH_AS(l.run(body()), "posted", std::runtime_error);
}

TEST_CASE("a loop that has something ready looks at the ring after at most 64 resumptions") {
    coil::loop l;
    auto spins = []() -> coil::task<> {
        for (int i = 0; i != 10'000; ++i)
            co_await coil::yield();
    };
    auto body = [&]() -> coil::task<> {
        auto other = coil::spawn(spins());
        co_await spins();
        co_await other;
    };
    l.run(body());
    const auto& s = l.statistics();
    CHECK(s.resumptions >= 20'000);
    CHECK((s.looks + 1) * 64 >= s.resumptions);  // the last batch ends the run
}

TEST_CASE("a loop whose tasks all sleep visits the ring once per deadline") {
    auto simulated = std::make_unique<coil::ring::simulated_ring>();
    coil::loop l(std::move(simulated));
    auto body = []() -> coil::task<> {
        auto sleeps = [](std::chrono::hours d) -> coil::task<> { co_await coil::sleep_for(d); };
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 1000; ++i)
            all.push_back(coil::spawn(sleeps(std::chrono::hours(1 + i % 10))));
        for (auto& h : all)
            co_await h;
    };
    l.run(body());
    // ten different deadlines, and what starting and ending take
    CHECK(l.statistics().sleeps <= 40);
}

TEST_CASE("after a crowd of timers the next wait has slack, after a few it has none") {
    auto owned = std::make_unique<sched_test::napping_ring>();
    sched_test::napping_ring& ring = *owned;
    ring.asleep = [] {};
    ring.set_timer_slack(200us);
    coil::loop l(std::move(owned));
    const coil::time_point start = ring.clock();
    auto sleeps = [&](coil::nanoseconds d) -> coil::task<> { co_await coil::sleep_until(start + d); };
    auto body = [&]() -> coil::task<> {
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 7; ++i)
            all.push_back(coil::spawn(sleeps(1ms)));
        all.push_back(coil::spawn(sleeps(1ms + 10us)));
        for (int i = 0; i != 8; ++i)
            all.push_back(coil::spawn(sleeps(2ms)));
        all.push_back(coil::spawn(sleeps(2ms + 10us)));
        all.push_back(coil::spawn(sleeps(2ms + 190us)));
        all.push_back(coil::spawn(sleeps(2ms + 250us)));
        for (auto& h : all)
            co_await h;
    };
    l.run(body());
    const std::vector<coil::time_point> expected{start + 1ms, start + 1ms + 10us, start + 2ms, start + 2ms + 200us,
                                                 start + 2ms + 250us};
    CHECK(ring.deadlines == expected);
}

TEST_CASE("one thread drives one loop at a time") {
    coil::loop outer;
    auto body = []() -> coil::task<> {
        coil::loop inner;
        auto nothing = []() -> coil::task<> { co_return; };
        CHECK_THROWS_AS(inner.run(nothing()), std::logic_error);
        co_return;
    };
    outer.run(body());
}

TEST_CASE("two loops on two threads hand a task to and fro") {
    coil::loop other;
    std::atomic<int> ready{0};
    std::atomic<int> done{0};
    std::thread t([&] {
        auto stays = [&]() -> coil::task<> {
            ready = 1;
            co_await until(done, 1);
        };
        other.run(stays());
    });
    while (ready == 0)
        std::this_thread::yield();
    auto body = [&]() -> coil::task<> {
        auto visits = []() -> coil::task<coil::executor*> { co_return coil::this_thread.here; };
        for (int i = 0; i != 200; ++i)
            CHECK(co_await coil::spawn_on(other, visits()) == &other);
        done = 1;
    };
    coil::run(body());
    t.join();
}

TEST_CASE("a loop that comes back for one branch is woken needlessly once, and not at all when it has more to do") {
    auto made = std::make_unique<sched_test::napping_ring>();
    sched_test::napping_ring& ring = *made;
    int calls = 0;  // what is posted after the run is called by the loop as it ends
    coil::loop l(std::move(made));
    const auto post_elsewhere = [&] {
        std::thread([&] {
            l.post([&] { ++calls; });
            l.post([&] { ++calls; });
        }).join();
    };
    auto body = [&]() -> coil::task<> {
        co_await coil::ring::nop_operation();
        SUBCASE("one branch") {
            post_elsewhere();
            CHECK(ring.wakings == 1);
            co_await coil::ring::nop_operation();
            co_await coil::ring::nop_operation();  // the loop looked instead of sleeping
            CHECK(calls == 2);
            post_elsewhere();
            CHECK(ring.wakings == 2);
        }
        SUBCASE("one that goes on") {
            for (int i = 0; i != 100; ++i)  // longer than a batch
                co_await coil::yield();
            post_elsewhere();
            CHECK(ring.wakings == 0);
        }
        SUBCASE("one that ends the run") {}
    };
    l.run(body());
    const int before = ring.wakings;
    l.open();
    post_elsewhere();
    CHECK(ring.wakings == before);  // nobody sleeps after the run
}

TEST_CASE("with nothing in flight a loop sleeps without its ring, and a post or a timer wakes it there") {
    for (const bool messages : {true, false}) {
        auto owned = std::make_unique<sched_test::napping_ring>();
        sched_test::napping_ring& ring = *owned;
        if (messages) ring.send_messages();
        coil::loop l(std::move(owned));
        int rung = 0;
        std::atomic<bool> posted{false};
        std::optional<coil::resolver<void>> end;
        // the loop is the only one that waits, so what wakes it comes from a thread
        ring.asleep = [&] {
            while (!ring.woken())
                std::this_thread::yield();
        };
        const auto start = [&](coil::resolver<void> r) { end = std::move(r); };
        const auto body = [&]() -> coil::task<> { co_await coil::from_callback<void>(start); };
        std::thread other([&] {
            for (int i = 0; i != 1000; ++i) {
                posted = false;
                while (!l.post([&] { posted = ++rung != 0; }))
                    std::this_thread::yield();
                while (!posted)
                    std::this_thread::yield();
                if (i % 16 == 0) std::this_thread::sleep_for(20us);  // so that it falls asleep, now and then
            }
            l.post([&] { end->set_value(); });
        });
        l.run(body());
        other.join();
        CHECK(rung == 1000);
        CHECK(ring.deadlines.empty() == messages);
        CHECK((ring.wakings == 0) == messages);
    }
}

TEST_CASE("with an operation in flight, or a timer armed, a loop sleeps on its ring") {
    auto owned = std::make_unique<sched_test::napping_ring>();
    sched_test::napping_ring& ring = *owned;
    ring.send_messages();
    ring.asleep = [] {};
    coil::loop l(std::move(owned));
    const auto body = []() -> coil::task<> {
        co_await coil::sleep_for(1ms);
        co_await coil::ring::nop_operation();
    };
    l.run(body());
    CHECK(ring.deadlines.size() == 1);
    CHECK(l.io() == nullptr);
}

TEST_CASE("what is in flight ends a sleep, though nothing was submitted before it") {
    coil::loop l;
    int ended = 0;
    const auto waits = [&](coil::nanoseconds d) -> coil::task<> {
        co_await coil::ring::timeout_operation(d);
        ++ended;
    };
    const auto body = [&]() -> coil::task<> {
        auto first = coil::spawn(waits(1ms));
        auto second = coil::spawn(waits(20ms));
        co_await first;
        co_await second;
    };
    l.run(body());
    CHECK(ended == 2);
}
