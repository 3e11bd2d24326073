// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/timer_queue.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace coil;

namespace {

time_point at(std::int64_t ns) {
    return time_point(nanoseconds(ns));
}

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
        for (int i = 0; i != 20; ++i)
            n.arm(i, 100 - i);
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
    for (timer* t : {static_cast<timer*>(&k), static_cast<timer*>(&n[0]), static_cast<timer*>(&n[1])})
        q.arm(*t);
    CHECK(q.fire_due(at(2)) == 1);
    CHECK(k.victim_gone);
    CHECK_FALSE(k.self_gone);  // it had left the queue
    CHECK(k.seen == at(3));
    CHECK(n.log.empty());
    CHECK(q.disarm(n[1]));
}

TEST_CASE("timer_queue: disarm waits for the firing thread, whoever else fires meanwhile") {
    struct slow : timer {
        slow() : timer(&fired) {}
        static void fired(timer& t) noexcept {
            auto& self = static_cast<slow&>(t);
            self.entered.store(true);
            while (!self.release.load())
                std::this_thread::yield();
            for (int i = 0; i != 1000; ++i)
                std::this_thread::yield();
            self.left.store(true);
        }
        std::atomic<bool> entered{false}, release{false}, left{false};
    };
    timer_queue q;
    slow s;
    s.deadline = at(1);
    q.arm(s);
    std::thread firer([&] { q.fire_due(at(1)); });
    while (!s.entered.load())
        std::this_thread::yield();
    notes n(1);
    n[0].deadline = at(2);
    q.arm(n[0]);
    CHECK(q.fire_due(at(2)) == 1);
    s.release.store(true);
    CHECK_FALSE(q.disarm(s));
    CHECK(s.left.load());
    firer.join();
}

namespace {

// A timer queue beside a sorted map: every step is done to both, and what differs is counted.
class compared {
public:
    using draw = std::mt19937_64::result_type;

    compared(int timers, std::uint64_t seed)
        : n(timers), random(seed), armed(static_cast<std::size_t>(timers), model.end()) {}

    bool is_armed(int i) { return armed[static_cast<std::size_t>(i)] != model.end(); }
    void arm(int i, std::int64_t deadline) {
        const bool first = model.empty() || deadline < model.begin()->first;
        wrong += n.arm(i, deadline) != first;
        armed[static_cast<std::size_t>(i)] = model.emplace(deadline, i);
        look();
    }
    void disarm(int i) {
        auto& place = armed[static_cast<std::size_t>(i)];
        wrong += !n.queue.disarm(n[i]) || n[i].deadline != at(place->first);
        model.erase(place);
        place = model.end();
        look();
    }
    void fire(std::int64_t now) {
        n.log.clear();
        wrong += n.queue.fire_due(at(now)) != n.log.size();
        std::int64_t last = std::numeric_limits<std::int64_t>::min();
        for (int fired : n.log) {
            auto& place = armed[static_cast<std::size_t>(fired)];
            if (place == model.end() || place->first > now || place->first < last) {
                ++wrong;
                continue;
            }
            last = place->first;
            wrong += n[fired].deadline != at(last);
            model.erase(place);
            place = model.end();
        }
        wrong += !model.empty() && model.begin()->first <= now;
        look();
    }
    void look() { wrong += n.queue.earliest() != (model.empty() ? never : at(model.begin()->first)); }

    notes n;
    std::mt19937_64 random;
    std::multimap<std::int64_t, int> model;
    std::vector<std::multimap<std::int64_t, int>::iterator> armed;
    std::size_t wrong = 0;
};

struct pattern {
    const char* name;
    std::int64_t (*deadline)(std::int64_t now, compared::draw r, int step);
};

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t century = 100 * std::int64_t{365} * 86400 * second;
constexpr std::int64_t last_of_all = std::numeric_limits<std::int64_t>::max();
std::int64_t upto(compared::draw r, std::int64_t n) {
    return static_cast<std::int64_t>(r % static_cast<compared::draw>(n));
}

using moment = std::int64_t;
using draw = compared::draw;
const pattern patterns[] = {
    {"within a second", [](moment now, draw r, int) { return now + upto(r, second); }},
    {"within a microsecond, a minute away",
     [](moment now, draw r, int) { return (now / second + 60) * second + upto(r, 1000); }},
    {"one deadline", [](moment, draw, int) { return 7 * second; }},
    {"three deadlines", [](moment, draw r, int) { return 64 * (1 + upto(r, 3)) - 1; }},
    {"mostly never",
     [](moment now, draw r, int) { return r % 4 == 0 ? now + upto(r / 4, second) : last_of_all - upto(r / 4, 2); }},
    {"a few in a hundred years",
     [](moment now, draw r, int) { return r % 500 == 0 ? century : now + upto(r / 500, second); }},
    {"every order of magnitude", [](moment now, draw r, int) { return now + upto(r / 64, moment{1} << r % 60); }},
    {"ever later", [](moment now, draw r, int step) { return now + step * 100 + upto(r, 100); }},
    {"ever earlier", [](moment now, draw r, int step) { return now + second - step * 1000 - upto(r, 1000); }},
    {"half of it overdue", [](moment now, draw r, int) { return now + second / 2 - upto(r, second); }},
    {"any number", [](moment, draw r, int) { return static_cast<moment>(r); }},
};

}  // namespace

TEST_CASE("timer_queue: a million random steps against a model") {
    for (std::uint64_t seed = 20250101; const pattern& p : patterns) {
        // few enough for the heap alone; then so many that most of them wait
        for (const int timers : {200, 6000}) {
            CAPTURE(p.name);
            CAPTURE(timers);
            CAPTURE(seed);
            compared c(timers, seed++);
            std::int64_t now = 0;
            for (int step = 0; step != 50'000; ++step) {
                const auto draw = c.random();
                const int i = static_cast<int>(draw % static_cast<unsigned>(timers));
                const bool growing = step / 10'000 % 2 == 0;
                if ((draw >> 32) % 100 < (growing ? 1 : 3)) {
                    // to the deadline of one of the next, for the patterns are of very different sizes
                    auto next = c.model.begin();
                    for (auto hops = (draw >> 40) % (growing ? 20 : 400); hops != 0 && next != c.model.end(); --hops)
                        ++next;
                    if (next != c.model.end() && next->first < 2 * century) now = std::max(now, next->first);
                    c.fire(now);
                } else if (!c.is_armed(i)) {
                    c.arm(i, p.deadline(now, c.random(), step));
                } else if (!growing || (draw >> 40) % 4 == 0) {
                    c.disarm(i);
                }
            }
            CHECK(c.wrong == 0);
            CHECK(c.n.queue.size() == c.model.size());
            c.fire(never.time_since_epoch().count());
            CHECK(c.wrong == 0);
            CHECK(c.n.queue.size() == 0);
        }
    }
}

TEST_CASE("timer_queue: many that wait go one by one, whichever is disarmed first") {
    constexpr int timers = 20'000;
    for (const pattern& p : patterns) {
        CAPTURE(p.name);
        compared c(timers, 7);
        for (int i = 0; i != timers; ++i)
            c.arm(i, p.deadline(0, c.random(), i));
        // the earliest always, so that the lists open without anything firing
        for (int left = timers; left != 0; --left)
            c.disarm(left % 3 == 0 ? c.model.rbegin()->second : c.model.begin()->second);
        CHECK(c.wrong == 0);
        CHECK(c.n.queue.size() == 0);
        CHECK(c.n.queue.earliest() == never);
    }
}

TEST_CASE("timer_queue: a mass of timers fires in order, whatever it is like") {
    constexpr int timers = 200'000;
    for (const pattern& p : patterns) {
        CAPTURE(p.name);
        notes n(timers);
        std::mt19937_64 random(11);
        for (int i = 0; i != timers; ++i)
            n.arm(i, p.deadline(0, random(), i));
        CHECK(n.queue.fire_due(never) == timers);
        CHECK(std::is_sorted(n.log.begin(), n.log.end(), [&n](int a, int b) { return n[a].deadline < n[b].deadline; }));
    }
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
        for (std::int64_t now = 0; !stop.load(); ++now)
            q.fire_due(at(now));
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
    for (auto& t : owners)
        t.join();
    stop = true;
    firing.join();
    CHECK(half_done == 0);
    CHECK(fired + disarmed == 40'000);
    CHECK(q.size() == 0);
}
