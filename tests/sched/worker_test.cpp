// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/worker.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/sync/event.hpp>
#include <coil/sync/mutex.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace {

// Two tasks that sit on the two workers of a pool until both know whose they are.
struct acquaintance {
    std::atomic<coil::worker*> who[2] = {nullptr, nullptr};

    coil::task<> meet(int i) {
        who[i] = coil::this_worker;
        while (!who[1 - i])
            std::this_thread::yield();
        co_return;
    }
};

struct noted : coil::job {
    noted() noexcept : job(&note) {}
    static void note(job& j) noexcept {
        auto& self = static_cast<noted&>(j);
        self.ran_on = coil::this_worker;
        self.turn = ++turns;
        ++ran;
    }
    coil::worker* ran_on = nullptr;
    int turn = 0;
    static inline int turns = 0;  // one worker counts
    static inline std::atomic<int> ran{0};
};

}  // namespace

TEST_CASE("no worker runs a plain thread") {
    CHECK(coil::this_worker == nullptr);
}

TEST_CASE("what is posted to a worker is run by it alone, in order, whether it sleeps or works") {
    coil::thread_pool own{2};
    acquaintance both;
    noted::turns = 0;
    noted::ran = 0;
    std::vector<noted> jobs(2000);
    coil::worker* other = nullptr;
    auto posts = [&]() -> coil::task<> {
        other = both.who[0] == coil::this_worker ? both.who[1] : both.who[0];
        for (std::size_t i = 0; i != jobs.size(); ++i) {
            other->post(jobs[i]);
            // for some the other is given the time to run out of work, and to go to sleep
            if (i % 100 == 99)
                while (noted::ran != static_cast<int>(i) + 1)
                    std::this_thread::yield();
        }
        co_return;
    };
    auto main = [&]() -> coil::task<> {
        auto a = coil::spawn_on(own, both.meet(0));
        auto b = coil::spawn_on(own, both.meet(1));
        co_await a;
        co_await b;
        auto c = coil::spawn_on(own, posts());
        co_await c;
        while (noted::ran != static_cast<int>(jobs.size()))
            co_await coil::sleep_for(std::chrono::milliseconds(1));
    };
    coil::run(main());
    int elsewhere = 0, out_of_order = 0;
    for (std::size_t i = 0; i != jobs.size(); ++i) {
        elsewhere += jobs[i].ran_on != other;
        out_of_order += jobs[i].turn != static_cast<int>(i) + 1;
    }
    CHECK(other != nullptr);
    CHECK(elsewhere == 0);
    CHECK(out_of_order == 0);
}

TEST_CASE("what a worker makes ready, in its slot or beside it, runs once it has ended what it does") {
    coil::thread_pool own{1};
    std::vector<int> order;
    coil::event first, second;
    auto waits = [&](coil::event& e, int which) -> coil::task<> {
        co_await e.wait();
        order.push_back(which);
    };
    auto sets = [&]() -> coil::task<> {
        first.set();
        second.set();
        order.push_back(0);
        co_return;
    };
    auto main = [&]() -> coil::task<> {
        auto a = coil::spawn_on(own, waits(first, 1));
        auto b = coil::spawn_on(own, waits(second, 2));
        while (first.statistics().waiters + second.statistics().waiters != 2)
            co_await coil::yield();
        auto c = coil::spawn_on(own, sets());
        co_await a;
        co_await b;
        co_await c;
    };
    coil::run(main());
    // which of the two is first depends on when the worker looks at what is queued for all
    REQUIRE(order.size() == 3);
    CHECK(order[0] == 0);
    CHECK(order[1] + order[2] == 3);
}

TEST_CASE("what a worker has made ready, and then does not come round to, is run by another") {
    coil::thread_pool own{2};
    std::atomic<int> ran{0};
    coil::event go;
    auto waits = [&]() -> coil::task<> {
        co_await go.wait();
        ++ran;
    };
    // each round ends only if the other worker takes what lies in our slot
    auto stays = [&](int round) -> coil::task<> {
        go.set();
        while (ran != round)
            std::this_thread::yield();
        co_return;
    };
    auto main = [&]() -> coil::task<> {
        for (int round = 1; round <= 200; ++round) {
            auto a = coil::spawn_on(own, waits());
            while (go.statistics().waiters != 1)
                co_await coil::yield();
            auto b = coil::spawn_on(own, stays(round));
            co_await a;
            co_await b;
            go.reset();
        }
    };
    coil::run(main());
    CHECK(ran == 200);
}

// Each suspension goes straight on to whom the one before has made ready.
TEST_CASE("two that hand a lock to each other for ever leave room for what comes from outside") {
    coil::thread_pool own{1};
    coil::mutex m;
    std::atomic<bool> over{false};
    auto contends = [&]() -> coil::task<> {
        while (!over) {
            const auto held = co_await m.lock();
        }
    };
    auto ends = [&]() -> coil::task<> {
        over = true;
        co_return;
    };
    auto main = [&]() -> coil::task<> {
        auto held = co_await m.lock();
        auto a = coil::spawn_on(own, contends());
        auto b = coil::spawn_on(own, contends());
        while (m.statistics().waiters != 2)
            co_await coil::yield();
        held.unlock();
        while (m.statistics().hand_overs < 1000)
            co_await coil::yield();
        auto c = coil::spawn_on(own, ends());
        co_await a;
        co_await b;
        co_await c;
    };
    coil::run(main());
    CHECK(over);
}
