// SPDX-License-Identifier: BSL-1.0
// Operations that a worker brings to a loop which only dozes: by counts of wakings, in a time that the test moves.
#include <coil/runtime/sched/wake_debt.hpp>

#include "../sanitized.hpp"
#include "napping_ring.hpp"

#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/ring/plain_operations.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/loop.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using coil::this_thread_owes;
using sched_test::napping_ring;

namespace {

coil::task<> two_operations() {
    CHECK(co_await coil::ring::nop_operation() == 0);
    CHECK(co_await coil::ring::nop_operation() == 0);
}

// A loop, and tasks that are at home elsewhere and bring it two operations each. What the worker does in each of the
// loop's sleeps, a function says.
struct office {
    explicit office(std::vector<std::function<void()>> what) : steps(std::move(what)) {
        ring->asleep = [this] {
            REQUIRE(ring->deadlines.size() <= steps.size());
            steps[ring->deadlines.size() - 1]();
        };
    }
    void run(int tasks) {
        auto body = [&]() -> coil::task<> {
            loop.set_sleep_watch(nullptr, nullptr);  // of whom each sleep would have a deadline
            std::vector<coil::join_handle<>> all;
            for (int i = 0; i != tasks; ++i)
                all.push_back(coil::spawn_on(away, two_operations()));
            for (auto& h : all)
                co_await h;
        };
        loop.run(body());
        CHECK(ring->deadlines.size() == steps.size());
    }
    bool dozed(std::size_t i) const { return ring->deadlines.at(i) != coil::never; }

    napping_ring* ring = new napping_ring;
    coil::loop loop{std::unique_ptr<coil::ring::ring>(ring)};
    coil::manual_executor away;
    std::vector<std::function<void()>> steps;
};

struct a_worker {
    a_worker() { this_thread_owes.allow(); }
    ~a_worker() { this_thread_owes.forbid(); }
};

}  // namespace

TEST_CASE("a worker wakes a dozing loop once, when it has nothing more to bring") {
    const a_worker here;
    office* o = nullptr;
    const auto drain = [&o] { o->away.drain(); };
    office with({
        [&] {
            drain();
            CHECK(o->ring->wakings == 1);  // it slept for good: nothing was out yet
            CHECK_FALSE(this_thread_owes.owes());
        },
        [&] {
            drain();
            CHECK(o->ring->wakings == 1);
            this_thread_owes.settle();
            CHECK(o->ring->wakings == 2);
            this_thread_owes.settle();
            CHECK(o->ring->wakings == 2);
        },
        [&] {
            drain();  // the tasks end, and that is told at once
            CHECK(o->ring->wakings == 3);
        },
    });
    o = &with;
    with.run(3);
    CHECK_FALSE(with.dozed(0));
    CHECK(with.dozed(1));
    CHECK(with.dozed(2));
}

TEST_CASE("a dozing loop comes for what was brought, though its worker is busy for long") {
    const a_worker here;
    office* o = nullptr;
    const auto drain = [&o] { o->away.drain(); };
    SUBCASE("and settles later: then there is nobody to wake") {
        office with({drain, drain, [&] {
                         this_thread_owes.settle();
                         CHECK(o->ring->wakings == 1);
                         drain();
                     }});
        o = &with;
        with.run(3);
        CHECK(with.ring->wakings == 2);
    }
    SUBCASE("until the loop has ended, which waits for no debtor") {
        {
            office with({drain, drain, drain});
            o = &with;
            with.run(3);
            CHECK(with.ring->wakings == 2);
        }
        CHECK_FALSE(this_thread_owes.owes());
    }
    SUBCASE("and goes on to another loop: that of the first is settled before") {
        coil::loop other(std::make_unique<napping_ring>());
        office with({drain,
                     [&] {
                         drain();
                         CHECK_FALSE(this_thread_owes.begin(o->loop));  // it does already
                         CHECK(this_thread_owes.begin(other));
                         CHECK(o->ring->wakings == 2);
                         coil::wake_debt::cancel(o->loop);
                         CHECK_FALSE(this_thread_owes.begin(other));
                         coil::wake_debt::cancel(other);
                         CHECK(this_thread_owes.begin(other));
                         this_thread_owes.drop();
                     },
                     drain});
        o = &with;
        with.run(3);
    }
}

TEST_CASE("a post in a hurry wakes a loop that somebody puts off to wake") {
    const a_worker here;
    office* o = nullptr;
    const auto drain = [&o] { o->away.drain(); };
    bool called = false;
    office with({drain,
                 [&] {
                     drain();
                     CHECK(o->ring->wakings == 1);
                     SUBCASE("with a call") {
                         std::thread([&] { o->loop.post([&] { called = true; }); }).join();
                     }
                     SUBCASE("with nothing") {
                         o->loop.nudge();
                         called = true;
                     }
                     CHECK(o->ring->wakings == 2);
                 },
                 drain});
    o = &with;
    with.run(3);
    CHECK(called);
}

TEST_CASE("who may put nothing off wakes at once") {
    office* o = nullptr;
    office with({[&] { o->away.drain(); },
                 [&] {
                     o->away.drain();
                     CHECK(o->ring->wakings == 2);
                 },
                 [&] { o->away.drain(); }});
    o = &with;
    CHECK_FALSE(this_thread_owes.begin(with.loop));
    with.run(3);
}

TEST_CASE("a loop dozes only while several are out, and once for nothing") {
    const a_worker here;
    office* o = nullptr;
    const auto drain = [&o] { o->away.drain(); };
    SUBCASE("one alone has nobody to wait for") {
        office with({drain,
                     [&] {
                         drain();
                         CHECK(o->ring->wakings == 2);
                     },
                     drain});
        o = &with;
        with.run(1);
        for (std::size_t i = 0; i != 3; ++i)
            CHECK_FALSE(with.dozed(i));
    }
    SUBCASE("nobody comes") {
        office with({drain, [] {},
                     [&] {
                         drain();
                         CHECK(o->ring->wakings == 2);  // it sleeps for good: at once
                     },
                     drain});
        o = &with;
        with.run(3);
        CHECK(with.dozed(1));
        CHECK_FALSE(with.dozed(2));
        CHECK(with.dozed(3));
    }
}

TEST_CASE("a worker that runs out of work settles") {
    // nothing but a waking ends a sleep here
    auto* const ring = new napping_ring;
    coil::loop loop{std::unique_ptr<coil::ring::ring>(ring)};
    bool dozed = false;
    ring->asleep = [ring, &dozed] {
        if (ring->deadlines.back() != coil::never) dozed = true;
        while (!ring->woken())
            std::this_thread::yield();
    };
    coil::thread_pool pool(1);
    auto body = [&]() -> coil::task<> {
        loop.set_sleep_watch(nullptr, nullptr);
        // whether the loop dozes is a matter of who is quicker: so often that it does
        for (int round = 0; round < 50 || (!dozed && round != 20'000); ++round) {
            auto a = coil::spawn_on(pool, two_operations());
            auto b = coil::spawn_on(pool, two_operations());
            auto c = coil::spawn_on(pool, two_operations());
            co_await a;
            co_await b;
            co_await c;
        }
    };
    loop.run(body());
    CHECK(dozed);
}

TEST_CASE("no operation of a pool's task is forgotten, whoever puts off what") {
    coil::thread_pool pool(2);
    std::atomic<int> count{0};
    auto many = [&]() -> coil::task<> {
        for (int i = 0; i != 200; ++i)
            if (co_await coil::ring::nop_operation() == 0) ++count;
    };
    auto body = [&]() -> coil::task<> {
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 40; ++i)
            all.push_back(coil::spawn_on(pool, many()));
        for (auto& h : all)
            co_await h;
    };
    for (int round = 0; round != 5; ++round)
        coil::run(body());
    CHECK(count == 5 * 40 * 200);
}

#ifndef UNDER_THREAD_SANITIZER

TEST_CASE("a child of a fork knows nothing of the parent's workers") {
    std::atomic<bool> allowed{false}, over{false};
    std::thread worker([&] {
        const a_worker here;
        allowed.store(true);
        while (!over.load())
            std::this_thread::yield();
    });
    while (!allowed.load())
        std::this_thread::yield();
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);  // ends a child that hangs
        // the new thread may get the stack of the one that is no more
        std::thread([] {
            const a_worker here;
            coil::loop nobodys{std::make_unique<napping_ring>()};
            coil::wake_debt::cancel(nobodys);
        }).join();
        _exit(0);
    }
    over.store(true);
    worker.join();
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
}

#endif
