// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/tick.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace coil;
using clock_type = std::chrono::steady_clock;

TEST_CASE("a tick lies between the clock's readings around it and is never in the future") {
    const auto noise = std::chrono::milliseconds(5);  // a preempted thread between two reads
    const time_point first = clock_type::now();
    const ring::tick old = ring::read_tick();
    for (int i = 0; i < 1000; ++i) {
        const time_point before = clock_type::now();
        const ring::tick t = ring::read_tick();
        const time_point time = ring::time_of(t);
        CHECK(time >= before - noise);
        CHECK(time <= clock_type::now());
    }
    CHECK(ring::time_of(old) >= first - noise);
    CHECK(ring::time_of(old) <= first + noise);
}

TEST_CASE("an old tick keeps its time") {
    // Best of some tries: a thread may be preempted between two reads at any time.
    auto error = std::chrono::nanoseconds::max();
    for (int i = 0; i < 20 && error > std::chrono::microseconds(200); ++i) {
        const time_point before = clock_type::now();
        const ring::tick then = ring::read_tick();
        while (clock_type::now() < before + std::chrono::milliseconds(20)) {}
        error = std::min(error, std::chrono::abs(ring::time_of(then) - before));
    }
    CHECK(error < std::chrono::milliseconds(2));
}

TEST_CASE("the time between two ticks is exact where they are near, and right where they are not") {
    const ring::tick begin = ring::read_tick();
    CHECK(ring::between(begin, begin) == std::chrono::nanoseconds::zero());
    for (int i = 0; i < 1000; ++i) {
        const ring::tick first = ring::read_tick();
        ring::tick second = ring::read_tick();
        while (second.count < first.count + 10) second = ring::read_tick();
        CHECK(ring::between(first, second) > std::chrono::nanoseconds::zero());
        CHECK(ring::between(second, first) == std::chrono::nanoseconds::zero());
    }
    auto error = std::chrono::nanoseconds::max();
    for (int i = 0; i < 20 && error > std::chrono::microseconds(200); ++i) {
        const time_point before = clock_type::now();
        const ring::tick then = ring::read_tick();
        while (clock_type::now() < before + std::chrono::milliseconds(20)) {}
        const ring::tick now = ring::read_tick();
        error = std::min(error, std::chrono::abs(ring::between(then, now) - (clock_type::now() - before)));
    }
    CHECK(error < std::chrono::milliseconds(2));
}

TEST_CASE("ticks do not go backwards") {
    ring::tick last = ring::read_tick();
    for (int i = 0; i < 1000; ++i) {
        const ring::tick next = ring::read_tick();
        CHECK(next.count >= last.count);
        last = next;
    }
}
