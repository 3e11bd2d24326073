// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/idle.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

using coil::idle;
using coil::worker;

namespace {

// The protocol only hands addresses of workers about.
worker& number(std::size_t i) {
    static std::array<char, 64> addresses{};
    return reinterpret_cast<worker&>(addresses[i]);
}

}  // namespace

TEST_CASE("idle: one searches at a time") {
    idle i;
    CHECK_FALSE(i.anyone());
    CHECK(i.start_search());
    CHECK(i.anyone());
    CHECK(i.anyone_searching());
    CHECK_FALSE(i.anyone_asleep());
    CHECK_FALSE(i.start_search());
    i.end_search();
    CHECK_FALSE(i.anyone());
    CHECK(i.start_search());
}

TEST_CASE("idle: who is chosen is the searcher, and nobody is chosen while one searches") {
    idle i;
    i.reserve(3);
    CHECK(i.choose() == nullptr);
    for (std::size_t w = 0; w != 3; ++w) i.announce(number(w), false);
    CHECK(i.anyone_asleep());
    CHECK(i.anyone_asleep_after_write());
    CHECK(i.choose() == &number(2));  // the last to fall asleep
    CHECK(i.anyone_searching());
    CHECK(i.choose() == nullptr);
    i.end_search();  // it has found work, and wakes the next
    CHECK(i.choose() == &number(1));
    i.announce(number(1), true);  // it has found nothing
    CHECK_FALSE(i.anyone_searching());
    CHECK(i.anyone_asleep());
    CHECK(i.choose() == &number(1));
    i.end_search();
    CHECK(i.choose_any() == &number(0));
    CHECK_FALSE(i.anyone());
    CHECK_FALSE(i.anyone_asleep_after_write());
    CHECK(i.choose_any() == nullptr);
}

TEST_CASE("idle: a worker that withdraws in time is not chosen, one that was chosen cannot withdraw") {
    idle i;
    i.reserve(2);
    i.announce(number(0), false);
    i.announce(number(1), false);
    CHECK(i.withdraw(number(0)));
    CHECK_FALSE(i.withdraw(number(0)));
    CHECK(i.choose() == &number(1));
    CHECK_FALSE(i.withdraw(number(1)));
    i.end_search();
    CHECK_FALSE(i.anyone());
}

TEST_CASE("idle: whoever writes work looks for sleepers, whoever sleeps looks for work: one of them sees the other") {
    // both sides leave a round at the same moment, as close as two threads come
    const auto spin_until = [](const std::atomic<int>& value, int wanted) {
        for (int k = 1; value.load(std::memory_order_acquire) != wanted; ++k) {
            coil::relax();
            if (k % 200 == 0) std::this_thread::yield();
        }
    };
    constexpr int rounds = 20'000;
    idle i;
    i.reserve(1);
    std::atomic<int> start{0}, work{0}, finished{0};
    std::atomic<bool> found{false};
    std::thread sleeper([&] {
        for (int r = 1; r <= rounds; ++r) {
            spin_until(start, r);
            i.announce(number(0), false);
            found.store(work.load(std::memory_order_relaxed) == r, std::memory_order_relaxed);
            finished.store(r, std::memory_order_release);
        }
    });
    int lost = 0;
    for (int r = 1; r <= rounds; ++r) {
        start.store(r, std::memory_order_release);
        for (int k = 0; k != r % 40; ++k) coil::relax();
        work.store(r, std::memory_order_relaxed);
        const bool chosen = i.anyone_asleep_after_write();
        spin_until(finished, r);
        if (!chosen && !found.load(std::memory_order_relaxed)) ++lost;
        i.withdraw(number(0));
    }
    sleeper.join();
    CHECK(lost == 0);
}

TEST_CASE("idle: one watches at a time") {
    idle i;
    CHECK_FALSE(i.watched());
    CHECK(i.begin_watch());
    CHECK(i.watched());
    CHECK_FALSE(i.begin_watch());
    i.end_watch();
    CHECK_FALSE(i.watched());
    CHECK(i.begin_watch());
    CHECK_FALSE(i.anyone());  // neither asleep nor a searcher by that
}
