// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/rate_limiter.hpp>

#include "../async/by_hand.hpp"
#include "../coro/partner.hpp"
#include "lines.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

using by_hand::world;
using coil::rate_limiter;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("rate_limiter: a burst at once, then one by one at the rate, in order") {
    world w;
    rate_limiter rl{100, 3};
    std::vector<int> order;
    auto asks = [&](int i) -> task<> {
        co_await rl.acquire();
        order.push_back(i);
    };
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    for (int i = 0; i != 6; ++i) all.push_back(w.run(asks(i)));
    CHECK(order == std::vector{0, 1, 2});
    w.exec.advance(9ms);
    CHECK(order.size() == 3);
    w.exec.advance(1ms);
    CHECK(order == std::vector{0, 1, 2, 3});
    w.exec.advance(20ms);
    CHECK(order == std::vector{0, 1, 2, 3, 4, 5});
    CHECK(w.exec.timers() == 0);
    w.exec.advance(1h);  // a quiet time fills no more than the burst
    for (int i = 6; i != 10; ++i) all.push_back(w.run(asks(i)));
    CHECK(order.size() == 9);
    w.exec.advance(10ms);
    CHECK(order.size() == 10);
    CHECK(rl.statistics().hand_overs == 4);
}

TEST_CASE("rate_limiter: who is stopped takes no token; the next one has it") {
    world w;
    rate_limiter rl{100, 2};
    auto asks = [&](std::uint64_t n) -> task<> { co_await rl.acquire(n); };
    CHECK(w.run(asks(2))->value);
    auto a = w.run(asks(1)), b = w.run(asks(1));
    w.exec.advance(5ms);
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    w.exec.advance(15ms);
    CHECK(b->value);
    auto c = w.run(asks(1));  // the token of the one who left
    CHECK(c->value);
}

TEST_CASE("rate_limiter: what can never be is refused") {
    world w;
    const doctest::Contains at_its_line("rate_limiter_test.cpp:");
    CHECK_THROWS_WITH_AS(rate_limiter(0, 1), at_its_line, std::invalid_argument);
    CHECK_THROWS_WITH_AS(rate_limiter(-1), at_its_line, std::invalid_argument);
    CHECK_THROWS_WITH_AS(rate_limiter(1, 0), at_its_line, std::invalid_argument);
    CHECK_THROWS_WITH_AS(rate_limiter(std::nan(""), 1), at_its_line, std::invalid_argument);
    rate_limiter rl{100, 2};
    auto asks = [&](int n) -> task<> { co_await rl.acquire(n); };
    for (const int n : {3, -1}) CHECK(w.run(asks(n))->failed_with<std::invalid_argument>());
}

TEST_CASE("rate_limiter: any number is a rate or a burst, and without limit means that") {
    const unsigned long many = 100;
    const float few = 2;
    rate_limiter of_variables{many, few};
    constexpr double endless = std::numeric_limits<double>::infinity();
    rate_limiter none{endless, endless};
    const coil::time_point now{};
    for (int i = 0; i != 3; ++i) {
        CHECK(of_variables.try_acquire(now) == (i != 2));
        CHECK(none.try_acquire(now, 1'000'000'000));
    }
}

TEST_CASE("rate_limiter: a burst comes again whatever the rate, though its time is no whole number of nanoseconds") {
    const coil::time_point start{1h};
    for (const double rate : {3.0, 7.0, 3000.0, 1e9 / 3, 1e10, 1e300})
        for (const int burst : {1, 2, 7}) {
            CAPTURE(rate);
            CAPTURE(burst);
            rate_limiter rl{rate, burst};
            CHECK(rl.try_acquire(start, burst));
            REQUIRE(rl.try_acquire(start + 1h, burst));
            world w;
            rate_limiter waited_for{rate, burst};
            auto asks = [&]() -> task<> { co_await waited_for.acquire(burst); };
            auto once = w.run(asks()), again = w.run(asks());
            w.exec.advance(1h);
            REQUIRE(again->value);
        }
}

// The alarm has to touch the limiter, which another thread destroys at that moment: it is the last in a long line, at
// another home, so that it often finds its own wait open and the lock taken.
TEST_CASE("rate_limiter: destroyed by another thread while an alarm rings, it ends the waits that were not served") {
    constexpr int before_it = 100;
    const heard log;
    partner other;
    for (unsigned round = 0; round != 500; ++round) {
        world w, elsewhere;
        auto rl = std::make_unique<rate_limiter>(1000, 1);
        auto asks = [&]() -> task<> { co_await rl->acquire(); };
        CHECK(w.run(asks())->value);
        std::vector<std::unique_ptr<by_hand::ran<void>>> line;
        for (int i = 0; i != before_it; ++i) line.push_back(elsewhere.run(asks()));
        auto last = w.run(asks());
        other.together([&] { rl.reset(); },
                       [&] {
                           partner::linger(round);
                           w.exec.advance(1s);
                       });
        w.exec.advance(1s);
        elsewhere.exec.advance(1s);
        REQUIRE((last->value || last->failed_with<std::logic_error>()));
        for (auto& r : line) REQUIRE((r->value || r->failed_with<std::logic_error>()));
        REQUIRE(w.exec.timers() + elsewhere.exec.timers() == 0);
    }
}

TEST_CASE("rate_limiter: stopped by another thread while its alarm rings, a wait takes its token or leaves it") {
    partner other;
    for (unsigned round = 0; round != 1000; ++round) {
        world w;
        rate_limiter rl{100, 1};
        auto asks = [&]() -> task<> {
            coil::this_thread.current->root->share();  // so that a stop ends the wait on whatever thread it comes from
            co_await rl.acquire();
        };
        CHECK(w.run(asks())->value);
        auto a = w.run(asks()), b = w.run(asks());
        other.together(
            [&] {
                partner::linger(round);
                a->handle.cancel();
            },
            [&] {
                partner::linger(round / 64);
                w.exec.advance(10ms);
            });
        w.exec.advance(10ms);
        REQUIRE((a->value || a->stopped));
        REQUIRE(b->value);
        REQUIRE(rl.statistics().waiters == 0);
    }
}

TEST_CASE("rate_limiter: a plain thread says what time it is") {
    rate_limiter rl{1000, 1};
    const coil::time_point start{1h};
    CHECK(rl.try_acquire(start));
    CHECK_FALSE(rl.try_acquire(start + 999us));
    CHECK(rl.try_acquire(start + 1ms));
}

}  // namespace
