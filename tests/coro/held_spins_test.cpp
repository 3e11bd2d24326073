// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/held_spins.hpp>

#include "by_hand.hpp"
#include "gates.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace {

TEST_CASE("each thread counts its own spin mutexes") {
    ++coil::held_spins;
    std::uint32_t elsewhere = 1;
    std::thread([&] { elsewhere = coil::held_spins; }).join();
    CHECK(elsewhere == 0);
    --coil::held_spins;
}

TEST_CASE("a coroutine may take and free them between its awaits, and be driven while others are held") {
    coil::manual_executor home;
    ++coil::held_spins;
    auto body = []() -> coil::task<int> {
        ++coil::held_spins;
        --coil::held_spins;
        co_await step_back();
        co_return 1;
    };
    CHECK(run_by_hand(home, body()) == 1);
    --coil::held_spins;
}

}  // namespace
