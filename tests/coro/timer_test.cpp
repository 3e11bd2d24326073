// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/timer.hpp>

#include <coil/runtime/coro/manual_executor.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct bell : coil::timer {
    bell(std::string& log, char name, coil::manual_executor& e, std::chrono::nanoseconds at)
        : timer(&rung), log_(&log), executor_(&e), name_(name) {
        deadline = coil::time_point(at);
        e.arm(*this);
    }
    static void rung(coil::timer& t) noexcept {
        auto& self = static_cast<bell&>(t);
        CHECK(self.executor_->here());
        CHECK(self.executor_->now() >= self.deadline);
        *self.log_ += self.name_;
    }
    std::string* log_;
    coil::manual_executor* executor_;
    char name_;
};

TEST_CASE("timers fire in the order of their deadlines, equal ones in the order in which they were armed") {
    coil::manual_executor e;
    std::string log;
    bell c(log, 'c', e, 3s), a(log, 'a', e, 1s), b(log, 'b', e, 2s), d(log, 'd', e, 3s), first(log, '0', e, 0s);
    e.advance(10s);
    CHECK(log == "0abcd");
    CHECK(e.timers() == 0);
}

TEST_CASE("a timer never fires early, and fires at its moment exactly") {
    coil::manual_executor e;
    std::string log;
    bell a(log, 'a', e, 10ns);
    e.advance(9ns);
    CHECK(log.empty());
    CHECK(e.timers() == 1);
    e.advance(1ns);
    CHECK(log == "a");
}

TEST_CASE("a disarmed timer does not fire; one that has fired says so") {
    coil::manual_executor e;
    std::string log;
    bell a(log, 'a', e, 1s), b(log, 'b', e, 2s);
    CHECK(e.disarm(a));
    CHECK_FALSE(e.disarm(a));
    e.advance(5s);
    CHECK(log == "b");
    CHECK_FALSE(e.disarm(b));
}

TEST_CASE("a timer may arm itself again, and others, from its fire") {
    struct ticking : coil::timer {
        explicit ticking(coil::manual_executor& e) : timer(&tick), executor(&e) {
            deadline = e.now() + 1s;
            e.arm(*this);
        }
        static void tick(coil::timer& t) noexcept {
            auto& self = static_cast<ticking&>(t);
            ++self.ticks;
            self.deadline += 1s;
            self.executor->arm(self);
        }
        coil::manual_executor* executor;
        int ticks = 0;
    };
    coil::manual_executor e;
    ticking t(e);
    e.advance(3500ms);
    CHECK(t.ticks == 3);
    e.advance(500ms);
    CHECK(t.ticks == 4);
    CHECK(e.disarm(t));
}

TEST_CASE("a deadline of never does not come, however far time is moved") {
    coil::manual_executor e;
    std::string log;
    bell a(log, 'a', e, 100h);
    struct silent : coil::timer {
        silent() : timer([](coil::timer&) noexcept { FAIL("never came"); }) { deadline = coil::never; }
    } n;
    e.arm(n);
    e.advance(coil::nanoseconds::max());
    CHECK(log == "a");
    CHECK(e.timers() == 1);
    CHECK(e.disarm(n));
}

TEST_CASE("whatever is armed and disarmed, each fires once, in order, or not at all") {
    std::mt19937 random(99);
    coil::manual_executor e;
    struct noted : coil::timer {
        noted() : timer([](coil::timer& t) noexcept {
            auto& self = static_cast<noted&>(t);
            self.fired->push_back(self.deadline);
            self.armed = false;
        }) {}
        std::vector<coil::time_point>* fired = nullptr;
        bool armed = false;
    };
    std::deque<noted> timers(64);
    std::vector<coil::time_point> fired, expected;
    for (noted& t : timers) t.fired = &fired;
    for (int round = 0; round != 3000; ++round) {
        noted& t = timers[random() % timers.size()];
        if (t.armed) {
            CHECK(e.disarm(t));
            t.armed = false;
        } else {
            t.deadline = e.now() + std::chrono::microseconds(random() % 1000);
            t.armed = true;
            e.arm(t);
        }
        if (round % 16 == 0) {
            const coil::time_point end = e.now() + 100us;
            expected.clear();
            for (const noted& n : timers)
                if (n.armed && n.deadline <= end) expected.push_back(n.deadline);
            std::sort(expected.begin(), expected.end());
            fired.clear();
            e.advance(100us);
            REQUIRE(fired == expected);
        }
    }
    for (noted& t : timers)
        if (t.armed) CHECK(e.disarm(t));
    CHECK(e.timers() == 0);
}

}  // namespace
