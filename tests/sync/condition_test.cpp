// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/condition.hpp>

#include "../async/by_hand.hpp"
#include "../coro/partner.hpp"
#include "errors.hpp"
#include "lines.hpp"

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::condition;
using coil::mutex;
using coil::task;
using namespace std::chrono_literals;

struct room {
    world w;
    mutex m;
    condition cv;
    std::vector<int> order;

    task<> waits(int i) {
        auto g = co_await m.lock();
        co_await cv.wait(g);
        CHECK(m.holder() == coil::this_holder());
        order.push_back(i);
    }
    std::vector<std::unique_ptr<by_hand::ran<void>>> crowd(int n) {
        std::vector<std::unique_ptr<by_hand::ran<void>>> all;
        for (int i = 0; i != n; ++i) all.push_back(w.run(waits(i)));
        return all;
    }
};

TEST_CASE("condition: notify(1) ends exactly the first, notify(2) two, notify_all the others; in order") {
    room r;
    auto all = r.crowd(5);
    CHECK_FALSE(r.m.locked());
    r.cv.notify_one();
    r.w.exec.drain();
    CHECK(r.order == std::vector{0});
    CHECK_THROWS_AS(r.cv.notify(-1), std::invalid_argument);
    r.cv.notify(2);
    r.w.exec.drain();
    CHECK(r.order == std::vector{0, 1, 2});
    r.cv.notify_all();
    r.w.exec.drain();
    CHECK(r.order == std::vector{0, 1, 2, 3, 4});
    CHECK_FALSE(r.m.locked());
    CHECK(r.cv.statistics().hand_overs == 5);
    r.cv.notify_all();  // nobody is there, and it is not remembered
    auto late = r.w.run(r.waits(9));
    CHECK_FALSE(late->ended);
    r.cv.notify_one();
    r.w.exec.drain();
}

TEST_CASE("condition: notified with the lock held, the others go on when it is free, none woken for nothing") {
    room r;
    auto all = r.crowd(3);
    auto notifies = [&]() -> task<> {
        auto g = co_await r.m.lock();
        r.cv.notify_all();
        co_await coil::sleep_for(1s);
        CHECK(r.order.empty());
    };
    auto n = r.w.run(notifies());
    CHECK(r.m.statistics().waiters == 3);
    r.w.exec.advance(1s);
    CHECK(n->value);
    CHECK(r.order == std::vector{0, 1, 2});
}

TEST_CASE("condition: a predicate is asked with the lock held, before and after; what it throws arrives") {
    room r;
    std::deque<int> items;
    int asked = 0;
    auto takes = [&]() -> task<int> {
        auto g = co_await r.m.lock();
        co_await r.cv.wait(g, [&] {
            ++asked;
            return !items.empty();
        });
        const int item = items.front();
        items.pop_front();
        co_return item;
    };
    auto a = r.w.run(takes());
    CHECK(asked == 1);
    r.cv.notify_one();
    r.w.exec.drain();
    CHECK(asked == 2);
    CHECK_FALSE(a->ended);
    items.push_back(7);
    r.cv.notify_one();
    r.w.exec.drain();
    CHECK(a->value == 7);
    auto throws = [&]() -> task<> {
        auto g = co_await r.m.lock();
        co_await r.cv.wait(g, []() -> bool { throw std::out_of_range("the predicate's"); });
    };
    CHECK(r.w.run(throws())->what() == "the predicate's");
    CHECK_FALSE(r.m.locked());
}

TEST_CASE("condition: wait_for ends at its deadline with the lock held, or notified, or with the predicate true") {
    room r;
    auto plain = [&]() -> task<bool> {
        auto g = co_await r.m.lock();
        const bool notified = co_await r.cv.wait_for(g, 10ms);
        CHECK(r.m.holder() == coil::this_holder());
        co_return notified;
    };
    bool go = false;
    auto until = [&]() -> task<bool> {
        auto g = co_await r.m.lock();
        const bool is = co_await r.cv.wait_for(g, 10ms, [&] { return go; });
        co_return is;
    };
    auto a = r.w.run(plain()), b = r.w.run(until());
    r.w.exec.advance(5ms);
    r.cv.notify_all();
    r.w.exec.drain();
    CHECK(a->value == true);
    CHECK_FALSE(b->ended);
    r.w.exec.advance(5ms);
    CHECK(b->value == false);
    auto c = r.w.run(plain());
    r.w.exec.advance(10ms);
    CHECK(c->value == false);
    auto d = r.w.run(until());
    go = true;
    r.cv.notify_one();
    r.w.exec.drain();
    CHECK(d->value == true);
    CHECK(r.w.exec.timers() == 0);
    CHECK_FALSE(r.m.locked());
}

TEST_CASE("condition: a wait that is stopped takes the lock back, shielded, before it throws") {
    room r;
    bool held = false;
    auto waits = [&]() -> task<> {
        auto g = co_await r.m.lock();
        try {
            co_await r.cv.wait(g);
        } catch (const coil::cancelled&) {
            held = r.m.holder() == coil::this_holder();
            throw;
        }
    };
    auto a = r.w.run(waits());
    {
        auto g = r.m.lock_blocking();
        a->handle.cancel();
        r.w.exec.drain();
        CHECK_FALSE(a->ended);  // it waits for the lock
        a->handle.cancel();
        r.w.exec.drain();
        CHECK_FALSE(a->ended);
    }
    r.w.exec.drain();
    CHECK(a->stopped);
    CHECK(held);
    CHECK_FALSE(r.m.locked());
    CHECK(r.cv.statistics().waiters == 0);
}

TEST_CASE("condition: a wait that is stopped before does not let go of the lock; with a predicate that is true too") {
    room r;
    bool let_go = false;
    auto waits = [&](bool with) -> task<> {
        auto g = co_await r.m.lock();
        co_await by_hand::stop_myself();
        if (with) {
            co_await r.cv.wait(g, [] { return true; });
        } else {
            co_await r.cv.wait(g);
        }
        let_go = true;
    };
    CHECK(r.w.run(waits(false))->stopped);
    CHECK(r.w.run(waits(true))->stopped);
    CHECK_FALSE(let_go);
    CHECK_FALSE(r.m.locked());
}

TEST_CASE("condition: one that was notified when the stop came returns") {
    room r;
    auto a = r.w.run(r.waits(1));
    r.cv.notify_one();
    a->handle.cancel();
    r.w.exec.drain();
    CHECK(a->value);
}

TEST_CASE("condition: a recursive lock is given up whole and held as deep as before") {
    world w;
    coil::recursive_mutex m;
    condition cv;
    auto waits = [&]() -> task<std::uint32_t> {
        auto one = co_await m.lock();
        auto two = co_await m.lock();
        co_await cv.wait(two);
        co_return m.depth();
    };
    auto a = w.run(waits());
    CHECK_FALSE(m.locked());
    cv.notify_one();
    w.exec.drain();
    CHECK(a->value == 2);
    CHECK_FALSE(m.locked());
}

TEST_CASE("condition: a guard that owns nothing is reported at its line") {
    room r;
    auto waits = [&]() -> task<> {
        mutex::guard none;
        co_await r.cv.wait(none);
    };
    CHECK_MISUSE(r.w.run(waits())->error, std::errc::operation_not_permitted, "condition_test.cpp:");
}

TEST_CASE("condition: plain threads wait in the same line") {
    room r;
    int item = 0, got = 0;
    std::thread waits([&] {
        auto g = r.m.lock_blocking();
        r.cv.wait_blocking(g, [&] { return item != 0; });
        got = item;
    });
    while (r.cv.statistics().waiters != 1) std::this_thread::yield();
    auto a = r.w.run(r.waits(1));
    {
        auto g = r.m.lock_blocking();
        item = 5;
        r.cv.notify_all();
    }
    waits.join();
    r.w.exec.drain();
    CHECK(got == 5);
    CHECK(a->value);
    auto refused = [&]() -> task<> {
        auto g = co_await r.m.lock();
        r.cv.wait_blocking(g);
    };
    CHECK_MISUSE(r.w.run(refused())->error, std::errc::resource_deadlock_would_occur, "condition_test.cpp:");
    CHECK_FALSE(r.m.locked());
}

TEST_CASE("condition: destroying it with waiters is reported; they hold their lock again when they are told") {
    const heard log;
    world w;
    mutex m;
    auto cv = std::make_unique<condition>();
    auto waits = [&]() -> task<> {
        auto g = co_await m.lock();
        co_await cv->wait(g);
    };
    auto a = w.run(waits()), b = w.run(waits());
    cv.reset();
    w.exec.drain();
    CHECK(a->failed_with<std::logic_error>());
    CHECK(b->failed_with<std::logic_error>());
    CHECK_FALSE(m.locked());
    REQUIRE(heard::all().size() == 1);
    CHECK(heard::all()[0] == "a condition was destroyed while 2 were waiting for it; their waits end with an error");
}

TEST_CASE("condition: a stop, a deadline and a notification at the same moment: none is lost, and the lock comes back") {
    partner other;
    for (unsigned round = 0; round != 2000; ++round) {
        room r;
        int notified = 0;
        auto waits = [&]() -> task<> {
            auto g = co_await r.m.lock();
            const bool was = co_await r.cv.wait_for(g, 1ms);
            CHECK(r.m.holder() == coil::this_holder());
            if (was) ++notified;
        };
        auto first = r.w.run(waits()), second = r.w.run(waits());
        other.together(
            [&] {
                partner::linger(round);
                r.cv.notify_one();
            },
            [&] {
                partner::linger(round / 64);
                if (round % 2 != 0) {
                    first->handle.cancel();
                    r.w.exec.drain();
                } else {
                    r.w.exec.advance(1ms);
                }
            });
        r.w.exec.drain();
        r.w.exec.advance(1ms);
        REQUIRE(first->ended);
        REQUIRE(second->ended);
        REQUIRE(notified <= 1);
        if (round % 2 != 0) REQUIRE(notified == 1);
        REQUIRE_FALSE(r.m.locked());
    }
}

}  // namespace
