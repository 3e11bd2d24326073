// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/base/spin_lock.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

namespace {

using namespace std::chrono_literals;

coil::time_point in(std::chrono::nanoseconds d) { return std::chrono::steady_clock::now() + d; }

// Ends a hang: no test waits for it.
constexpr std::chrono::seconds watchdog = 60s;

TEST_CASE("an early wake-up is kept, once") {
    coil::parker p;
    p.unpark();
    p.unpark();
    CHECK(p.park());
    CHECK_FALSE(p.park(coil::time_point{}));
}

TEST_CASE("a deadline that has passed ends the sleep at once, also one before the clock's beginning") {
    coil::parker p;
    CHECK_FALSE(p.park(in(-1s)));
    CHECK_FALSE(p.park(coil::time_point{}));
    CHECK_FALSE(p.park(coil::time_point::min()));
    CHECK_FALSE(p.park(coil::time_point{-1ns}));
    p.unpark();
    CHECK(p.park(coil::time_point::min()));
}

TEST_CASE("a deadline to come is not left before it came") {
    coil::parker p;
    const coil::time_point end = in(3ms);
    CHECK_FALSE(p.park(end));
    CHECK(std::chrono::steady_clock::now() >= end);
}

TEST_CASE("a sleeper wakes, and sees what the waker wrote") {
    coil::parker p;
    int plain = 0;
    std::thread waker([&] {
        plain = 42;
        p.unpark();
    });
    CHECK(p.park(in(watchdog)));
    CHECK(plain == 42);
    waker.join();
}

TEST_CASE("two threads hand a word back and forth, each asleep while the other runs") {
    coil::parker left, right;
    constexpr int rounds = 20000;
    long plain = 0;
    std::thread other([&] {
        for (int i = 0; i != rounds; ++i) {
            REQUIRE(right.park(in(watchdog)));
            ++plain;
            left.unpark();
        }
    });
    for (int i = 0; i != rounds; ++i) {
        right.unpark();
        REQUIRE(left.park(in(watchdog)));
        REQUIRE(plain == i + 1);
    }
    other.join();
}

// Each waker announces a number and waits until the owner has seen it. A wake-up that goes lost between two others
// leaves its waker waiting and the owner asleep.
TEST_CASE("no wake-up goes lost when several come at the same time") {
    constexpr int wakers = 3, rounds = 10000;
    struct alignas(64) word {
        std::atomic<int> value{0};
    };
    std::array<word, wakers> announced, seen;
    coil::parker p;
    std::array<std::thread, wakers> threads;
    std::atomic<bool> stop{false};
    for (int w = 0; w != wakers; ++w) {
        threads[static_cast<std::size_t>(w)] = std::thread([&, w] {
            word& mine = announced[static_cast<std::size_t>(w)];
            word& answer = seen[static_cast<std::size_t>(w)];
            for (int i = 1; i <= rounds && !stop.load(std::memory_order_relaxed); ++i) {
                mine.value.store(i, std::memory_order_relaxed);
                p.unpark();
                for (int spin = 0; answer.value.load(std::memory_order_relaxed) != i; ++spin) {
                    if (stop.load(std::memory_order_relaxed)) return;
                    if (spin > 100) std::this_thread::yield();
                }
            }
        });
    }
    bool woken = true;
    for (long left = long{wakers} * rounds; left != 0 && woken;) {
        woken = p.park(in(10s));
        for (std::size_t w = 0; w != wakers; ++w) {
            const int now = announced[w].value.load(std::memory_order_relaxed);
            if (now != seen[w].value.load(std::memory_order_relaxed)) {
                seen[w].value.store(now, std::memory_order_relaxed);
                --left;
            }
        }
    }
    stop.store(true);
    for (std::thread& t : threads) t.join();
    CHECK(woken);
}

// The second wake-up of a pair comes while the owner takes the first: it must not be wiped out unseen.
TEST_CASE("a wake-up right behind another is kept") {
    constexpr long rounds = 300000;
    coil::parker p;
    struct alignas(64) word {
        std::atomic<long> value{0};
    };
    word announced, seen;
    std::atomic<bool> stop{false};
    std::thread waker([&] {
        unsigned random = 12345;
        for (long i = 2; i <= 2 * rounds; i += 2) {
            announced.value.store(i - 1, std::memory_order_relaxed);
            p.unpark();
            random = random * 1664525u + 1013904223u;
            for (unsigned pause = (random >> 8) % 50; pause != 0; --pause) coil::relax();
            announced.value.store(i, std::memory_order_relaxed);
            p.unpark();
            for (int spin = 0; seen.value.load(std::memory_order_relaxed) != i; ++spin) {
                if (stop.load(std::memory_order_relaxed)) return;
                if (spin > 1000) std::this_thread::yield();
            }
        }
    });
    bool woken = true;
    for (long last = 0; last != 2 * rounds && woken;) {
        woken = p.park(in(10s));
        last = announced.value.load(std::memory_order_relaxed);
        seen.value.store(last, std::memory_order_relaxed);
    }
    stop.store(true);
    waker.join();
    CHECK(woken);
}

}  // namespace
