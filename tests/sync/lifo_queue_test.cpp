// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/lifo_queue.hpp>

#include "../coro/by_hand.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <thread>
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

// Its items have one end, so both sides change the same.
TEST_CASE("lifo_queue: between threads no item is lost or doubled") {
    for (const int limit : {0, 1, 7}) {
        constexpr int each = 2000;
        coil::lifo_queue<int> q{limit};
        std::vector<int> got[2];
        std::thread producers[2], consumers[2];
        for (int p = 0; p != 2; ++p)
            producers[p] = std::thread([&, p] {
                for (int i = 0; i != each; ++i) q.put_blocking(2 * i + p);
            });
        for (int c = 0; c != 2; ++c)
            consumers[c] = std::thread([&, c] {
                while (const std::optional<int> v = q.get_blocking()) got[c].push_back(*v);
            });
        for (std::thread& t : producers) t.join();
        q.close();
        for (std::thread& t : consumers) t.join();
        std::vector<int> all(got[0]);
        all.insert(all.end(), got[1].begin(), got[1].end());
        std::sort(all.begin(), all.end());
        REQUIRE(all.size() == 2 * each);
        bool each_once = true;
        for (int i = 0; i != 2 * each; ++i) each_once = each_once && all[static_cast<std::size_t>(i)] == i;
        CHECK(each_once);
    }
}
