// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/queue_core.hpp>

#include "../coro/by_hand.hpp"

#include <coil/sync/queue.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

TEST_CASE("queue_core: closing tells thousands who wait, in their order and in one batch each thousand") {
    coil::manual_executor home;
    noting_owner owner;
    coil::queue<int> q;
    std::vector<int> order;
    auto gets = [&](int who) -> coil::task<> {
        const std::optional<int> none = co_await q.get();
        order.push_back(none ? -1 : who);
    };
    constexpr int many = 2500;
    std::vector<std::unique_ptr<spawned<void>>> waiting;
    for (int i = 0; i != many; ++i) {
        waiting.push_back(std::make_unique<spawned<void>>(home, owner, gets(i)));
        waiting.back()->start();
    }
    home.drain();
    CHECK(q.statistics().getters == many);
    q.close();
    CHECK(q.statistics().getters == 0);
    home.drain();
    REQUIRE(order.size() == many);
    bool in_order = true;
    for (int i = 0; i != many; ++i) in_order = in_order && order[static_cast<std::size_t>(i)] == i;
    CHECK(in_order);
}

TEST_CASE("queue_core: join waits again after more was put, and through a close") {
    coil::manual_executor home;
    noting_owner owner;
    coil::queue<int> q;
    auto joins = [](coil::queue_core& core) -> coil::task<> { co_await core.join(); };
    CHECK(q.try_put(1));
    q.task_done();
    run_by_hand(joins(q));
    CHECK(q.try_put(2));
    spawned h(home, owner, joins(q));
    h.start();
    home.drain();
    q.close();
    home.drain();
    CHECK_FALSE(h->ended());  // the work on the item is not done
    (void)q.try_get();
    q.task_done();
    home.drain();
    CHECK(h->ended());
}
