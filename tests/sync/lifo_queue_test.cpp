// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/lifo_queue.hpp>

#include "../coro/by_hand.hpp"

#include <doctest/doctest.h>

#include <vector>

TEST_CASE("lifo_queue: the latest item goes first; who waits, waits in order") {
    coil::manual_executor home;
    noting_owner owner;
    coil::lifo_queue<int> q{2};
    CHECK(q.try_put(1));
    CHECK(q.try_put(2));
    auto puts = [&](int v) -> coil::task<> { co_await q.put(v); };
    spawned a(home, owner, puts(3)), b(home, owner, puts(4));
    a.start(), b.start();
    home.drain();
    CHECK(q.try_get() == 2);  // 3 has taken its place
    CHECK(q.try_get() == 3);
    CHECK(q.try_get() == 4);
    CHECK(q.try_get() == 1);
    home.drain();
    CHECK(a->ended());
    CHECK(b->ended());
    q.close();
    CHECK_FALSE(q.get_blocking().has_value());
}
