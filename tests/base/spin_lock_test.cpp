// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/spin_lock.hpp>

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace {

TEST_CASE("a held lock is not taken again") {
    coil::spin_lock lock;
    CHECK(lock.try_lock());
    CHECK_FALSE(lock.try_lock());
    lock.unlock();
    CHECK(lock.try_lock());
    lock.unlock();
    {
        std::scoped_lock guard(lock);
        CHECK_FALSE(lock.try_lock());
    }
    CHECK(lock.try_lock());
    lock.unlock();
    static_assert(sizeof(coil::spin_lock) == 1);
}

TEST_CASE("one at a time, and each sees what the one before it wrote") {
    coil::spin_lock lock;
    long plain = 0;  // no atomic: the lock orders it
    constexpr int threads = 4, rounds = 20000;
    std::vector<std::thread> crowd;
    for (int t = 0; t != threads; ++t) {
        crowd.emplace_back([&] {
            for (int i = 0; i != rounds; ++i) {
                if (i % 7 == 0) {
                    while (!lock.try_lock()) std::this_thread::yield();
                } else {
                    lock.lock();
                }
                ++plain;
                lock.unlock();
            }
        });
    }
    for (std::thread& t : crowd) t.join();
    CHECK(plain == long{threads} * rounds);
}

TEST_CASE("a waiter gives its core away, so a holder that lost its own gets on") {
    // more threads than cores, all after one lock that each holds across a lost core
    coil::spin_lock lock;
    int inside = 0;
    std::vector<std::thread> crowd;
    for (int t = 0; t != 8; ++t) {
        crowd.emplace_back([&] {
            for (int i = 0; i != 50; ++i) {
                std::scoped_lock guard(lock);
                CHECK(++inside == 1);
                std::this_thread::yield();
                --inside;
            }
        });
    }
    for (std::thread& t : crowd) t.join();
    CHECK(inside == 0);
}

}  // namespace
