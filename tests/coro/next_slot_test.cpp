// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/next_slot.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

TEST_CASE("next_slot: holds one, and gives it once") {
    coil::next_slot slot;
    coil::node a, b;
    CHECK(slot.empty());
    CHECK(slot.take() == nullptr);
    CHECK(slot.put(a));
    CHECK_FALSE(slot.empty());
    CHECK_FALSE(slot.put(b));
    CHECK(slot.take() == &a);
    CHECK(slot.empty());
    CHECK(slot.take() == nullptr);
    CHECK(slot.puts() == 1);
    CHECK(slot.put(b));
    CHECK(slot.take() == &b);
    CHECK(slot.puts() == 2);
}

TEST_CASE("next_slot: what two take at once goes to one of them") {
    coil::next_slot slot;
    coil::node n;
    std::atomic<int> taken{0};
    std::atomic<bool> begun{false}, over{false};
    std::thread thief([&] {
        begun = true;
        while (!over)
            if (slot.take()) ++taken;
    });
    while (!begun)
        std::this_thread::yield();
    int put = 0;
    for (int round = 0; round != 300'000; ++round) {
        put += slot.put(n);
        if (slot.take()) ++taken;
    }
    over = true;
    thief.join();
    if (slot.take()) ++taken;
    CHECK(put > 0);
    CHECK(taken == put);
}
