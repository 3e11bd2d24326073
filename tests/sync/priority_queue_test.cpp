// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/priority_queue.hpp>

#include "../coro/by_hand.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

TEST_CASE("priority_queue: the greatest first, or the smallest, and what waits to be put is not among them") {
    coil::priority_queue<int> greatest;
    coil::priority_queue<int, std::greater<int>> smallest{3};
    for (const int v : {3, 1, 2}) {
        CHECK(greatest.try_put(v));
        CHECK(smallest.try_put(v));
    }
    CHECK(greatest.drain() == std::vector{3, 2, 1});
    coil::manual_executor home;
    noting_owner owner;
    auto puts = [&](int v) -> coil::task<> { co_await smallest.put(v); };
    spawned a(home, owner, puts(0));
    a.start();
    home.drain();
    CHECK(smallest.try_get() == 1);
    CHECK(smallest.try_get() == 0);
    CHECK(smallest.try_get() == 2);
    CHECK(smallest.try_get() == 3);
    home.drain();
    CHECK(a->ended());
}

TEST_CASE("priority_queue: an item goes straight to who waits, and what can only be moved is carried") {
    struct by_value {
        bool operator()(const std::unique_ptr<int>& a, const std::unique_ptr<int>& b) const { return *a < *b; }
    };
    coil::manual_executor home;
    noting_owner owner;
    coil::priority_queue<std::unique_ptr<int>, by_value> q;
    auto gets = [&]() -> coil::task<int> {
        const std::optional<std::unique_ptr<int>> v = co_await q.get();
        co_return **v;
    };
    spawned a(home, owner, gets());
    a.start();
    home.drain();
    CHECK(q.try_put(std::make_unique<int>(5)));
    CHECK(q.try_put(std::make_unique<int>(9)));
    home.drain();
    CHECK(a.take() == 5);
    CHECK(**q.try_get() == 9);
}
