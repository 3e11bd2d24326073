// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/waiter.hpp>

#include "../coro/by_hand.hpp"
#include "lines.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <thread>
#include <vector>

namespace {

using outcome = coil::claimant::outcome;

TEST_CASE("a claim has one winner, a promise none but the line, and who was passed over can still be ended") {
    coil::parker p;
    coil::claimant c(p, coil::this_holder());
    c.set_state(outcome::open);
    CHECK(c.is_waiting());
    CHECK(c.takes());
    CHECK(c.win(outcome::stopped));
    CHECK_FALSE(c.win(outcome::granted));
    CHECK_FALSE(c.win_in_line(outcome::granted));
    CHECK(c.state() == outcome::stopped);

    c.set_state(outcome::promised);
    CHECK(c.is_waiting());
    CHECK_FALSE(c.win(outcome::stopped));
    CHECK(c.win_in_line(outcome::granted));
    CHECK(c.state() == outcome::granted);

    c.set_state(outcome::passed);
    CHECK_FALSE(c.is_waiting());
    CHECK_FALSE(c.win_in_line(outcome::granted));
    CHECK(c.win(outcome::stopped));
}

TEST_CASE("who holds: a branch while one runs, else the thread, each thread another") {
    coil::holder_id mine = coil::this_holder(), theirs = 0, branch = 0;
    std::thread([&] { theirs = coil::this_holder(); }).join();
    CHECK(mine != 0);
    CHECK(mine != theirs);
    CHECK((mine & 7) == 0);
    auto body = [&]() -> coil::task<> {
        branch = coil::this_holder();
        co_return;
    };
    run_by_hand(body());
    CHECK(branch != 0);
    CHECK(branch != mine);
}

// Six homes: more than a batch keeps apart.
TEST_CASE("who is woken together is posted home by home, in order, each after the lock was dropped") {
    constexpr std::size_t homes = 6, rounds = 50;
    std::array<coil::manual_executor, homes> exec;
    noting_owner owner;
    turnstile t;
    std::vector<std::pair<std::size_t, std::size_t>> order;
    std::vector<std::unique_ptr<spawned<void>>> tasks;
    auto body = [&](std::size_t home, std::size_t round) -> coil::task<> {
        co_await t.pass();
        order.emplace_back(home, round);
        t.admit(0);  // takes the lock: it is free
    };
    for (std::size_t round = 0; round != rounds; ++round) {
        for (std::size_t h = 0; h != homes; ++h) {
            tasks.push_back(std::make_unique<spawned<void>>(exec[h], owner, body(h, round)));
            tasks.back()->start();
            exec[h].drain();
        }
    }
    t.admit(homes * rounds);
    CHECK(order.empty());  // nobody ran inside
    for (std::size_t h = 0; h != homes; ++h) {
        order.clear();
        CHECK(exec[h].drain() >= rounds);
        REQUIRE(order.size() == rounds);
        for (std::size_t round = 0; round != rounds; ++round) CHECK(order[round] == std::pair(h, round));
    }
}

}  // namespace
