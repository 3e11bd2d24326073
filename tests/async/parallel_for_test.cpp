// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/parallel_for.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

TEST_CASE("every index is visited exactly once, whatever the grain") {
    for (const int grain : {0, 1, 3, 64, 100'000}) {
        std::vector<std::atomic<int>> visits(10'000);
        auto body = [&]() -> coil::task<> {
            co_await coil::parallel_for(0, 10'000, [&](std::size_t i) { ++visits[i]; }, {.grain = grain});
        };
        coil::run(body());
        int wrong = 0;
        for (auto& v : visits) wrong += v != 1;
        CHECK(wrong == 0);
    }
}

TEST_CASE("part of a range, an empty one, one the wrong way round") {
    std::atomic<long> sum{0};
    auto add = [&](std::size_t i) { sum += static_cast<long>(i); };
    coil::run(coil::parallel_for(5, 8u, add));
    CHECK(sum == 5 + 6 + 7);
    coil::run(coil::parallel_for(3, 3, add));
    coil::run(coil::parallel_for(3, -3, add));
    CHECK(sum == 18);
    CHECK_THROWS_AS(coil::run(coil::parallel_for(-2, 3, add)), std::invalid_argument);
}

TEST_CASE("a callable that returns an awaitable is awaited") {
    std::atomic<int> ended{0};
    auto work = [&](std::size_t) -> coil::task<> {
        co_await coil::yield();
        ++ended;
    };
    coil::run(coil::parallel_for(0, 100, work, {.grain = 10}));
    CHECK(ended == 100);
}

TEST_CASE("the first failure is thrown and what has not begun is not begun") {
    std::atomic<int> calls{0};
    auto work = [&](std::size_t i) {
        ++calls;
        if (i == 0) throw std::out_of_range("the first one");
    };
    // one worker: the piece that fails is the first to run
    CHECK_THROWS_AS(coil::run(coil::parallel_for(0, 1000, work, {.grain = 1}), {.pool_size = 1}), std::out_of_range);
    CHECK(calls == 1);
}

TEST_CASE("a stop is heard between pieces and within a long one") {
    std::atomic<int> calls{0};
    std::atomic<bool> stopped{false};
    auto body = [&]() -> coil::task<> {
        auto h = coil::spawn(coil::parallel_for(
            0, 1'000'000'000, [&](std::size_t) { ++calls; }, {.grain = 1'000'000'000}));
        while (calls == 0) co_await coil::yield();
        h.cancel();
        try {
            co_await h;
        } catch (const coil::cancelled&) {
            stopped = true;
        }
    };
    coil::run(body());
    CHECK(stopped);
    CHECK(calls < 1'000'000'000);
}

TEST_CASE("parallel_for: a negative index is refused at the line that gives it") {
    CHECK_THROWS_WITH_AS((void)coil::parallel_for(-1, 3, [](std::size_t) {}), doctest::Contains("parallel_for_test.cpp:"),
                         std::invalid_argument);
}
