// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/next_slot.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

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
    CHECK(slot.put(b));
    CHECK(slot.take() == &b);
}

TEST_CASE("next_slot: what two take at once goes to one of them") {
    coil::next_slot slot;
    std::vector<coil::node> nodes(20'000);
    std::atomic<int> taken{0};
    std::atomic<bool> over{false};
    std::thread thief([&] {
        while (!over)
            if (slot.take()) ++taken;
    });
    int put = 0;
    for (coil::node& n : nodes) {
        put += slot.put(n);
        if (slot.take()) ++taken;
    }
    over = true;
    thief.join();
    if (slot.take()) ++taken;
    CHECK(put > 0);
    CHECK(taken == put);
}
