// SPDX-License-Identifier: BSL-1.0
// Nothing is allocated by who takes, waits for and hands over what primitives give.
#include "../async/by_hand.hpp"
#include "../counted_new.hpp"

#include <coil/runtime/async/sleep.hpp>
#include <coil/sync/auto_event.hpp>
#include <coil/sync/condition.hpp>
#include <coil/sync/event.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/queue.hpp>
#include <coil/sync/semaphore.hpp>
#include <coil/sync/shared_mutex.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <vector>

#ifndef UNDER_A_SANITIZER  // which has its own

namespace {

using coil::task;

constexpr int rounds = 50;

struct all_kinds {
    coil::event begin;
    coil::mutex lock;
    coil::condition changed;
    coil::semaphore permit{1};
    coil::shared_mutex shared;
    coil::auto_event there, back;
    coil::queue<int> items{1};
};

task<> locks(all_kinds& k) {
    co_await k.begin.wait();
    for (int i = 0; i != rounds; ++i) {
        auto held = co_await k.lock.lock();
        co_await coil::yield();
        k.changed.notify_all();
        if (i + 1 != rounds) co_await k.changed.wait(held);
    }
    k.changed.notify_all();
}
task<> acquires(all_kinds& k) {
    co_await k.begin.wait();
    for (int i = 0; i != rounds; ++i) {
        auto permit = co_await k.permit.acquire();
        co_await coil::yield();
    }
}
task<> reads_and_writes(all_kinds& k) {
    co_await k.begin.wait();
    for (int i = 0; i != rounds; ++i) {
        {
            auto reads = co_await k.shared.lock_shared();
            co_await coil::yield();
        }
        auto writes = co_await k.shared.lock();
        co_await coil::yield();
    }
}
task<> puts(all_kinds& k) {
    co_await k.begin.wait();
    for (int i = 0; i != rounds; ++i) {
        co_await k.items.put(i);
        k.there.set();
        co_await k.back.wait();
    }
}
task<> gets(all_kinds& k) {
    co_await k.begin.wait();
    for (int i = 0; i != rounds; ++i) {
        (void)co_await k.items.get();
        co_await k.there.wait();
        k.back.set();
    }
}

}  // namespace

TEST_CASE("sync: who takes, waits and hands over allocates nothing") {
    by_hand::world w;
    all_kinds k;
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    for (int i = 0; i != 4; ++i) {
        all.push_back(w.run(locks(k)));
        all.push_back(w.run(acquires(k)));
        all.push_back(w.run(reads_and_writes(k)));
    }
    all.push_back(w.run(gets(k)));
    all.push_back(w.run(puts(k)));
    std::size_t before = counted_new::calls;
    REQUIRE(before > 0);
    k.begin.set();
    w.exec.drain();
    CHECK(counted_new::calls.load() == before);
    for (auto& r : all) CHECK(r->value);
    CHECK(k.lock.statistics().hand_overs > 0);
    CHECK(k.changed.statistics().hand_overs > 0);
    CHECK(k.permit.statistics().hand_overs > 0);
    CHECK(k.shared.statistics().hand_overs > 0);
    CHECK(k.there.statistics().hand_overs + k.back.statistics().hand_overs > 0);
    CHECK(k.items.statistics().hand_overs > 0);

    before = counted_new::calls;
    {
        auto g = k.lock.lock_blocking();
        auto p = k.permit.acquire_blocking();
        auto s = k.shared.lock_shared_blocking();
        k.begin.wait_blocking();
    }
    CHECK(counted_new::calls.load() == before);
}

#endif
