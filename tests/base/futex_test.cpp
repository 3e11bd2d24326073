// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/futex.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace coil;

TEST_CASE("a futex whose word has another value is not waited for") {
    futex::word w{1};
    CHECK(futex::wait(w, 2) == futex::woken::changed);
}

TEST_CASE("a futex ends its wait at the deadline, and one that has passed at once") {
    futex::word w{1};
    CHECK(futex::wait(w, 1, time_point(nanoseconds(1))) == futex::woken::late);
    CHECK(futex::wait(w, 1, time_point::min()) == futex::woken::late);
}

TEST_CASE("waking a futex wakes who sleeps on it, and tells how many those were") {
    futex::word w{0};
    CHECK(futex::wake(w) == 0);
    std::atomic<int> through{0};
    const auto sleeper = [&] {
        while (w.load() == 0) futex::wait(w, 0);
        ++through;
    };
    std::thread a(sleeper), b(sleeper);
    int woken = 0;
    while (woken < 2) woken += futex::wake_all(w);  // they may wake for nothing, and sleep again
    w = 1;
    while (through < 2) futex::wake_all(w);
    a.join();
    b.join();
    CHECK(through == 2);
}
