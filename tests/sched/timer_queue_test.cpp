// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/timer_queue.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace coil;

namespace {

time_point at(std::int64_t ns) { return time_point(nanoseconds(ns)); }

// Writes its number down when it fires.
struct note : timer {
    note() : timer(&fired) {}
    static void fired(timer& t) noexcept {
        auto& n = static_cast<note&>(t);
        n.log->push_back(n.number);
    }
    std::vector<int>* log = nullptr;
    int number = 0;
};

struct notes {
    explicit notes(int count) : all(static_cast<std::size_t>(count)) {
        for (int i = 0; i != count; ++i) {
            all[static_cast<std::size_t>(i)].log = &log;
            all[static_cast<std::size_t>(i)].number = i;
        }
    }
    note& operator[](int i) { return all[static_cast<std::size_t>(i)]; }
    bool arm(int i, std::int64_t ns) {
        (*this)[i].deadline = at(ns);
        return queue.arm((*this)[i]);
    }
    timer_queue queue;
    std::vector<int> log;
    std::vector<note> all;
};

}  // namespace

TEST_CASE("timer_queue: fires in the order of the deadlines, and only what is due") {
    notes n(5);
    CHECK(n.queue.earliest() == never);
    CHECK(n.queue.fire_due(at(1000)) == 0);
    CHECK(n.arm(0, 50));
    CHECK(n.arm(1, 20));
    CHECK_FALSE(n.arm(2, 70));
    CHECK_FALSE(n.arm(3, 20));
    CHECK(n.arm(4, -5));
    CHECK(n.queue.size() == 5);
    CHECK(n.queue.earliest() == at(-5));
    CHECK(n.queue.fire_due(at(-6)) == 0);
    CHECK(n.queue.fire_due(at(49)) == 3);
    CHECK(n.log[0] == 4);
    CHECK(std::set<int>(n.log.begin() + 1, n.log.end()) == std::set<int>{1, 3});
    CHECK(n.queue.earliest() == at(50));
    CHECK(n.queue.fire_due(at(50)) == 1);  // on the stroke, not later
    CHECK(n.queue.fire_due(at(70)) == 1);
    CHECK(n.log.back() == 2);
    CHECK(n.queue.size() == 0);
    CHECK(n.queue.earliest() == never);
}

TEST_CASE("timer_queue: a disarmed timer does not fire, wherever it stood") {
    for (int gone = 0; gone != 20; ++gone) {
        notes n(20);
        for (int i = 0; i != 20; ++i) n.arm(i, 100 - i);
        CHECK(n.queue.disarm(n[gone]));
        CHECK_FALSE(n.queue.disarm(n[gone]));
        CHECK(n.queue.earliest() == at(gone == 19 ? 82 : 81));
        CHECK(n.queue.fire_due(at(1000)) == 19);
        CHECK(std::find(n.log.begin(), n.log.end(), gone) == n.log.end());
        CHECK(std::is_sorted(n.log.rbegin(), n.log.rend()));
        CHECK_FALSE(n.queue.disarm(n[0]));
    }
}

TEST_CASE("timer_queue: a timer may be armed again, from its own firing too") {
    struct thrice : timer {
        explicit thrice(timer_queue& q) : timer(&fired), queue_of(&q) {}
        static void fired(timer& t) noexcept {
            auto& self = static_cast<thrice&>(t);
            if (++self.count == 3) return;
            self.deadline += nanoseconds(10);
            self.queue_of->arm(self);
        }
        timer_queue* queue_of;
        int count = 0;
    };
    timer_queue q;
    thrice t(q);
    t.deadline = at(0);
    q.arm(t);
    CHECK(q.fire_due(at(5)) == 1);
    CHECK(q.earliest() == at(10));
    CHECK(q.fire_due(at(30)) == 2);
    CHECK(t.count == 3);
    CHECK(q.size() == 0);
}

TEST_CASE("timer_queue: a firing timer may disarm others, and the earliest is right at every step") {
    struct killer : timer {
        explicit killer(timer_queue& q) : timer(&fired), queue_of(&q) {}
        static void fired(timer& t) noexcept {
            auto& self = static_cast<killer&>(t);
            self.self_gone = self.queue_of->disarm(self);
            self.victim_gone = self.queue_of->disarm(*self.victim);
            self.seen = self.queue_of->earliest();
        }
        timer_queue* queue_of;
        timer* victim = nullptr;
        bool victim_gone = false, self_gone = true;
        time_point seen{};
    };
    timer_queue q;
    killer k(q);
    notes n(2);
    k.deadline = at(1);
    n[0].deadline = at(2);
    n[1].deadline = at(3);
    k.victim = &n[0];
    for (timer* t : {static_cast<timer*>(&k), static_cast<timer*>(&n[0]), static_cast<timer*>(&n[1])}) q.arm(*t);
    CHECK(q.fire_due(at(2)) == 1);
    CHECK(k.victim_gone);
    CHECK_FALSE(k.self_gone);  // it had left the queue
    CHECK(k.seen == at(3));
    CHECK(n.log.empty());
    CHECK(q.disarm(n[1]));
}

TEST_CASE("timer_queue: a million random steps against a model") {
    constexpr int timers = 1000;
    notes n(timers);
    std::multimap<std::int64_t, int> model;
    std::vector<std::multimap<std::int64_t, int>::iterator> armed(timers, model.end());
    std::mt19937_64 random(20250101);
    std::int64_t now = 0;
    std::size_t wrong = 0;
    for (int step = 0; step != 1'000'000; ++step) {
        const auto draw = random();
        const int i = static_cast<int>(draw % timers);
        auto& place = armed[static_cast<std::size_t>(i)];
        if ((draw >> 32) % 100 < 3) {
            now += static_cast<std::int64_t>((draw >> 40) % 50);
            n.log.clear();
            n.queue.fire_due(at(now));
            std::int64_t last = -1;
            for (int fired : n.log) {
                auto& where = armed[static_cast<std::size_t>(fired)];
                if (where == model.end() || where->first > now || where->first < last) {
                    ++wrong;
                    continue;
                }
                last = where->first;
                model.erase(where);
                where = model.end();
            }
            wrong += !model.empty() && model.begin()->first <= now;
        } else if (place == model.end()) {
            const std::int64_t deadline = now + 1 + static_cast<std::int64_t>((draw >> 20) % 2000);
            const bool first = model.empty() || deadline < model.begin()->first;
            wrong += n.arm(i, deadline) != first;
            place = model.emplace(deadline, i);
        } else {
            wrong += !n.queue.disarm(n[i]);
            model.erase(place);
            place = model.end();
        }
        wrong += n.queue.earliest() != (model.empty() ? never : at(model.begin()->first));
    }
    CHECK(wrong == 0);
    CHECK(n.queue.size() == model.size());
    n.queue.fire_due(never);
    CHECK(n.queue.size() == 0);
}

TEST_CASE("timer_queue: once disarm has returned, the firing on another thread is over") {
    // a timer dies as soon as its owner knows that it is not firing: the sanitizers see whoever still touches it
    struct mortal : timer {
        mortal() : timer(&fired) {}
        static void fired(timer& t) noexcept {
            auto& self = static_cast<mortal&>(t);
            for (int i = 0; i != 20; ++i) {
                ++self.work;
                if (i == 10) std::this_thread::yield();
            }
        }
        int work = 0;
    };
    timer_queue q;
    std::atomic<bool> stop{false};
    std::thread firing([&] {
        for (std::int64_t now = 0; !stop.load(); ++now) q.fire_due(at(now));
    });
    std::vector<std::thread> owners;
    std::atomic<long> fired{0}, half_done{0}, disarmed{0};
    for (int o = 0; o != 2; ++o)
        owners.emplace_back([&] {
            for (int i = 0; i != 20'000; ++i) {
                const auto t = std::make_unique<mortal>();
                t->deadline = at(0);
                q.arm(*t);
                if (i % 3 == 0) std::this_thread::yield();
                if (q.disarm(*t)) {
                    ++disarmed;
                    half_done += t->work != 0;
                } else {
                    ++fired;
                    half_done += t->work != 20;
                }
            }
        });
    for (auto& t : owners) t.join();
    stop = true;
    firing.join();
    CHECK(half_done == 0);
    CHECK(fired + disarmed == 40'000);
    CHECK(q.size() == 0);
}
