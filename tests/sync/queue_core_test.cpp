// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/queue_core.hpp>

#include "../coro/by_hand.hpp"

#include <coil/sync/queue.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
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

TEST_CASE("queue_core: wherever a queue lies, each side has its lock and its count on one line of the cache, apart from the other's") {
    struct open : coil::queue<int>::basic_queue {
        static std::uintptr_t line(const void* p) { return reinterpret_cast<std::uintptr_t>(p) / 64; }
        bool sides_are_apart() const {
            const std::uintptr_t get = line(&get_lock_), put = line(&put_lock_);
            return line(&gots_) == get && line(&getter_) == get && line(&puts_) == put && line(&getters_wait_) == put &&
                   get * 64 >= reinterpret_cast<std::uintptr_t>(this) && line(&putters_ + 1) < put;
        }
    };
    for (std::size_t at = 0; at != 64; at += 16) {
        alignas(64) unsigned char memory[64 + sizeof(open)];
        const auto q = std::unique_ptr<open, void (*)(open*)>(::new (memory + at) open, [](open* o) { std::destroy_at(o); });
        CHECK(q->sides_are_apart());
    }
}
