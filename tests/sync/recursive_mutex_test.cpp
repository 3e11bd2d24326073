// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/recursive_mutex.hpp>

#include "../async/by_hand.hpp"
#include "errors.hpp"

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::recursive_mutex;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("recursive_mutex: its owner locks it again, in what it awaits too, and it is free after as many unlocks") {
    world w;
    recursive_mutex m;
    auto inner = [&]() -> task<std::uint32_t> {
        auto g = co_await m.lock();
        co_await coil::yield();
        co_return m.depth();
    };
    auto body = [&]() -> task<> {
        auto g = co_await m.lock();
        auto again = co_await m.lock();
        const std::uint32_t deep = co_await inner();
        CHECK(deep == 3);
        const std::uint32_t timed = co_await coil::timeout(1s, inner());
        CHECK(timed == 3);
        CHECK(m.try_lock());
        const bool for_a_while = co_await m.try_lock_for(1s);
        CHECK(for_a_while);
        CHECK(m.depth() == 4);
        m.unlock();
        m.unlock();
        again.unlock();
        CHECK(m.locked());
    };
    auto r = w.run(body());
    CHECK(r->what() == "value");
    CHECK_FALSE(m.locked());
}

TEST_CASE("recursive_mutex: it excludes siblings, one after the other") {
    world w;
    recursive_mutex m;
    std::vector<int> order;
    auto child = [&](int i) -> task<> {
        auto g = co_await m.lock();
        auto again = co_await m.lock();
        order.push_back(i);
        co_await coil::yield();
        order.push_back(i);
    };
    auto body = [&]() -> task<> { co_await coil::when_all(child(1), child(2), child(3)); };
    CHECK(w.run(body())->value);
    CHECK(order == std::vector{1, 1, 2, 2, 3, 3});
}

TEST_CASE("recursive_mutex: an unlock by a stranger, or once too often, is reported at its line") {
    world w;
    recursive_mutex m;
    CHECK_MISUSE(error_of([&] { m.unlock(); }), std::errc::operation_not_permitted, "recursive_mutex_test.cpp:");
    auto holds = [&]() -> task<> {
        auto g = co_await m.lock();
        co_await coil::sleep_for(1s);
    };
    auto a = w.run(holds());
    CHECK_MISUSE(error_of([&] { m.unlock(); }), std::errc::operation_not_permitted, "recursive_mutex_test.cpp:");
    w.exec.advance(1s);
    CHECK(a->value);
}

TEST_CASE("recursive_mutex: a thread owns it too, and a branch waits for it") {
    world w;
    recursive_mutex m;
    {
        auto one = m.lock_blocking();
        auto two = m.lock_blocking();
        auto locks = [&]() -> task<> { auto g = co_await m.lock(); };
        auto r = w.run(locks());
        CHECK_FALSE(r->ended);
        two.unlock();
        one.unlock();
        w.exec.drain();
        CHECK(r->value);
    }
    CHECK_FALSE(m.locked());
}

TEST_CASE("recursive_mutex: it stays one's own over hops to the pool and back") {
    world w;
    recursive_mutex m;
    auto on_the_pool = [&]() -> task<std::uint32_t> {
        auto g = co_await m.lock();
        co_return m.depth();
    };
    auto body = [&]() -> task<> {
        auto g = co_await m.lock();
        const std::uint32_t task_depth = co_await coil::on_pool(on_the_pool());
        CHECK(task_depth == 2);
        const bool mine = co_await coil::on_pool([&] {
            const bool got = m.try_lock();
            if (got) m.unlock();
            return got;
        });
        CHECK(mine);
        CHECK(m.depth() == 1);
    };
    auto r = w.start(body());
    while (!r->ended) {
        w.exec.drain();
        std::this_thread::yield();
    }
    CHECK(r->what() == "value");
    CHECK_FALSE(m.locked());
}

}  // namespace
