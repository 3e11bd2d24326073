// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/lock_all.hpp>

#include <coil/sync/mutex.hpp>
#include <coil/sync/recursive_mutex.hpp>

#include "../async/by_hand.hpp"
#include "errors.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <tuple>
#include <vector>

namespace {

using by_hand::world;
using coil::lock_all;
using coil::mutex;
using coil::task;

TEST_CASE("lock_all: two that lock in opposite order both end, again and again") {
    world w;
    mutex a, b;
    int rounds = 0;
    auto goes = [&](mutex& first, mutex& second) -> task<> {
        for (int i = 0; i != 100; ++i) {
            auto gs = co_await lock_all(first, second);
            CHECK(a.locked());
            CHECK(b.locked());
            co_await coil::yield();
            ++rounds;
        }
    };
    auto x = w.start(goes(a, b)), y = w.start(goes(b, a));
    w.exec.drain();
    CHECK(x->value);
    CHECK(y->value);
    CHECK(rounds == 200);
    CHECK_FALSE(a.locked());
}

TEST_CASE("lock_all: many that want the same locks, named in any order and with one of them by hand, all come to them") {
    world w;
    mutex a, b;
    coil::recursive_mutex c;
    int done = 0;
    auto forwards = [&]() -> task<> {
        auto gs = co_await lock_all(a, b, c);
        co_await coil::yield();
        ++done;
    };
    auto backwards = [&]() -> task<> {
        auto gs = co_await lock_all(c, b, a);
        co_await coil::yield();
        ++done;
    };
    auto by_hand = [&]() -> task<> {
        auto g = co_await b.lock();
        co_await coil::yield();
        ++done;
    };
    constexpr int of_each = 10;
    std::vector<decltype(w.start(by_hand()))> all;
    for (int i = 0; i != of_each; ++i) {
        all.push_back(w.start(forwards()));
        all.push_back(w.start(backwards()));
        all.push_back(w.start(by_hand()));
    }
    w.exec.drain();
    CHECK(done == 3 * of_each);
    CHECK_FALSE(a.locked());
    CHECK_FALSE(b.locked());
    CHECK_FALSE(c.locked());
}

TEST_CASE("lock_all: while it waits for one it holds none, so whoever locks by hand is not in its way") {
    world w;
    mutex a, b;
    REQUIRE(b.try_lock());
    auto both = [&]() -> task<> { auto [ga, gb] = co_await lock_all(a, b); };
    auto x = w.run(both());
    CHECK_FALSE(a.locked());
    CHECK(b.statistics().waiters == 1);
    CHECK(a.try_lock());  // the other order, by hand
    b.unlock();
    w.exec.drain();
    CHECK_FALSE(b.locked());
    CHECK(a.statistics().waiters == 1);
    a.unlock();
    w.exec.drain();
    CHECK(x->value);
}

TEST_CASE("lock_all: a stop leaves none held") {
    world w;
    mutex a, b;
    REQUIRE(b.try_lock());
    auto both = [&]() -> task<> { auto gs = co_await lock_all(a, b); };
    auto x = w.run(both());
    x->handle.cancel();
    w.exec.drain();
    CHECK(x->stopped);
    CHECK_FALSE(a.locked());
    b.unlock();
    CHECK_FALSE(b.locked());
}

TEST_CASE("lock_all: a plain mutex named twice, or held already, is reported at its line; a recursive one is not") {
    world w;
    mutex a, b;
    coil::recursive_mutex r;
    auto twice = [&]() -> task<> { auto gs = co_await lock_all(a, b, a); };
    const std::exception_ptr of_twice = w.run(twice())->error;
    CHECK_MISUSE(of_twice, std::errc::resource_deadlock_would_occur, "lock_all_test.cpp:");
    CHECK(text_of(of_twice).find("was given one mutex twice") != std::string::npos);
    auto held = [&]() -> task<> {
        auto g = co_await b.lock();
        auto gs = co_await lock_all(a, b);
    };
    CHECK_MISUSE(w.run(held())->error, std::errc::resource_deadlock_would_occur, "lock_all_test.cpp:");
    CHECK_FALSE(a.locked());
    CHECK_FALSE(b.locked());
    auto mixed = [&]() -> task<std::uint32_t> {
        auto gs = co_await lock_all(r, a, r);
        co_return r.depth();
    };
    CHECK(w.run(mixed())->value == 2);
    CHECK_FALSE(r.locked());
    CHECK_FALSE(a.locked());
}

}  // namespace
