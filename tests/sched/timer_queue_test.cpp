// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/timer_queue.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace {

using coil::nanoseconds;
using coil::time_point;

time_point at(std::int64_t ns) { return time_point(nanoseconds(ns)); }

// Notes when it fired, in the order of the others.
struct bell : coil::timer {
    explicit bell(std::int64_t ns, std::vector<std::int64_t>& l) : timer(&ring), log(&l) { deadline = at(ns); }
    static void ring(timer& t) noexcept {
        static_cast<bell&>(t).log->push_back(t.deadline.time_since_epoch().count());
    }
    std::vector<std::int64_t>* log;
};

}  // namespace

TEST_CASE("timers fire in the order of their deadlines, when due and not before") {
    coil::timer_queue q;
    std::vector<std::int64_t> fired;
    bell a(30, fired), b(10, fired), c(20, fired), d(10, fired);
    CHECK(q.earliest() == coil::never);
    CHECK(q.arm(a));
    CHECK(q.arm(b));
    CHECK(!q.arm(c));
    CHECK(!q.arm(d));
    CHECK(q.earliest() == at(10));
    CHECK(q.fire_due(at(9)) == 0);
    CHECK(q.fire_due(at(10)) == 2);
    CHECK(q.earliest() == at(20));
    CHECK(q.fire_due(at(1000)) == 2);
    CHECK(fired == std::vector<std::int64_t>{10, 10, 20, 30});
    CHECK(q.earliest() == coil::never);
    CHECK(q.size() == 0);
}

TEST_CASE("a disarmed timer does not fire, wherever it lay; one that fired says so") {
    for (int victim = 0; victim != 20; ++victim) {
        coil::timer_queue q;
        std::vector<std::int64_t> fired;
        std::deque<bell> all;
        for (int i = 0; i != 20; ++i) q.arm(all.emplace_back((i * 7) % 20, fired));
        CHECK(q.disarm(all[static_cast<std::size_t>(victim)]));
        CHECK(!q.disarm(all[static_cast<std::size_t>(victim)]));
        CHECK(q.fire_due(at(100)) == 19);
        for (std::int64_t f : fired) CHECK(f != (victim * 7) % 20);
        CHECK(!q.disarm(all[0]));
    }
}

TEST_CASE("a hundred thousand random steps agree with a sorted map") {
    coil::timer_queue q;
    std::vector<std::int64_t> fired;
    std::deque<bell> all;
    std::vector<bell*> idle, armed;
    for (int i = 0; i != 500; ++i) idle.push_back(&all.emplace_back(0, fired));
    std::multimap<std::int64_t, bell*> model;
    std::mt19937 random(7);
    std::int64_t now = 0;
    for (int step = 0; step != 100'000; ++step) {
        const auto kind = random() % 8;
        if (kind < 4 && !idle.empty()) {
            bell* a = idle.back();
            idle.pop_back();
            a->deadline = at(now + static_cast<std::int64_t>(random() % 1000));
            q.arm(*a);
            model.emplace(a->deadline.time_since_epoch().count(), a);
        } else if (kind < 7 && !model.empty()) {
            auto it = std::next(model.begin(), static_cast<long>(random() % model.size()));
            REQUIRE(q.disarm(*it->second));
            idle.push_back(it->second);
            model.erase(it);
        } else {
            now += static_cast<std::int64_t>(random() % 50);
            fired.clear();
            q.fire_due(at(now));
            std::vector<std::int64_t> expected;
            while (!model.empty() && model.begin()->first <= now) {
                expected.push_back(model.begin()->first);
                idle.push_back(model.begin()->second);
                model.erase(model.begin());
            }
            REQUIRE(fired == expected);
        }
        REQUIRE(q.size() == model.size());
        REQUIRE(q.earliest() == (model.empty() ? coil::never : at(model.begin()->first)));
    }
    while (!model.empty()) {
        q.disarm(*model.begin()->second);
        model.erase(model.begin());
    }
}

TEST_CASE("once disarm has returned, fire runs on no other thread") {
    coil::timer_queue q;
    std::atomic<bool> over{false};
    struct touched : coil::timer {
        touched() : timer(&ring) {}
        static void ring(timer& t) noexcept { static_cast<touched&>(t).memory += 1; }
        int memory = 0;  // not atomic: a race is for the thread sanitizer to see
    };
    std::thread fires([&] {
        while (!over) q.fire_due(at(100));
    });
    int total = 0;
    for (int i = 0; i != 20'000; ++i) {
        touched t;
        t.deadline = at(i % 2 ? 1 : 1000);
        q.arm(t);
        if (i % 3 == 0) std::this_thread::yield();
        const bool disarmed = q.disarm(t);
        total += t.memory;
        REQUIRE(t.memory == (disarmed ? 0 : 1));
    }
    over = true;
    fires.join();
    CHECK(total >= 0);
}
