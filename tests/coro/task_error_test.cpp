// SPDX-License-Identifier: BSL-1.0
// Errors of spawned tasks: told exactly once, to the handle or to the owner.
#include <coil/runtime/coro/task_record.hpp>

#include "by_hand.hpp"
#include "gates.hpp"
#include "partner.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <stdexcept>

namespace {

using coil::task;

TEST_CASE("an error that nobody can ask for is told to the owner at the end, once") {
    coil::manual_executor home;
    noting_owner owner;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    spawned h(home, owner, throws());
    h.start();
    h.drop();
    CHECK(owner.unclaimed_count == 0);
    home.drain();
    CHECK(owner.ended_count == 1);
    CHECK(owner.unclaimed_count == 1);
    CHECK_THROWS_AS(std::rethrow_exception(owner.unclaimed_error()), std::runtime_error);
    CHECK_THROWS_AS(std::rethrow_exception(owner.ended_with()), std::runtime_error);
    CHECK(owner.kept == owner.dropped);
}

TEST_CASE("an error waits in its handle, and is told to the owner when that is dropped") {
    coil::manual_executor home;
    noting_owner owner;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    spawned h(home, owner, throws());
    h.start();
    home.drain();
    CHECK(owner.ended_count == 1);
    CHECK(owner.unclaimed_count == 0);
    CHECK(owner.kept == 1);
    CHECK(owner.dropped == 0);
    h.drop();
    CHECK(owner.unclaimed_count == 1);
    CHECK(owner.dropped == 1);
    CHECK_THROWS_AS(std::rethrow_exception(owner.unclaimed_error()), std::runtime_error);
}

TEST_CASE("an error that was taken is told to nobody else") {
    coil::manual_executor home;
    noting_owner owner;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    spawned h(home, owner, throws());
    h.start();
    home.drain();
    CHECK_FALSE(h->taken());
    CHECK_THROWS_AS(h.take(), std::runtime_error);
    CHECK(h->taken());
    h.drop();
    CHECK(owner.unclaimed_count == 0);
    CHECK(owner.kept == 1);
    CHECK(owner.dropped == 1);
}

TEST_CASE("a value or a stop is no error, and keeps no owner") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<> { co_await g.pass(); };
    for (const bool stop : {false, true}) {
        spawned h(home, owner, body());
        h.start();
        home.drain();
        if (stop) h->cancel("");
        else g.open();
        home.drain();
        CHECK(h->ended());
    }
    CHECK(owner.ended_count == 2);
    CHECK(owner.unclaimed_count == 0);
    CHECK(owner.kept == 0);
}

TEST_CASE("the handle is dropped on one thread while the task fails on another: told once") {
    partner other;
    for (unsigned round = 0; round != 1000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        auto throws = []() -> task<> {
            throw std::runtime_error("x");
            co_return;
        };
        spawned h(home, owner, throws());
        h.start();
        other.together(
            [&] {
                partner::linger(round);
                h.drop();
            },
            [&] { home.drain(); });
        REQUIRE(owner.unclaimed_count == 1);
        REQUIRE(owner.ended_count == 1);
        REQUIRE(owner.kept == owner.dropped);
    }
}

}  // namespace
