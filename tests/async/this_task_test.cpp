// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/this_task.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <stop_token>

TEST_CASE("outside of a task there is none") {
    const doctest::Contains at_its_line("this_task_test.cpp:");
    CHECK_THROWS_WITH_AS(coil::this_task::id(), at_its_line, std::logic_error);
    CHECK_THROWS_WITH_AS(coil::this_task::name(), at_its_line, std::logic_error);
    CHECK_THROWS_WITH_AS(coil::this_task::stop_token(), at_its_line, std::logic_error);
    CHECK_THROWS_WITH_AS(coil::this_task::check_stop(), at_its_line, std::logic_error);
}

TEST_CASE("it speaks of the spawned task, also below other coroutines") {
    auto below = []() -> coil::task<std::uint64_t> { co_return coil::this_task::id(); };
    auto body = [&]() -> coil::task<> {
        const std::uint64_t own = coil::this_task::id();
        CHECK(co_await below() == own);
        auto h = coil::spawn(below());
        CHECK(co_await h == h.id());
        CHECK(coil::this_task::id() == own);
        CHECK(coil::this_task::name() == "main");
    };
    coil::run(body(), {.name = "main"});
}

TEST_CASE("a computation between two awaits can ask whether it is stopped") {
    bool told = false, thrown = false;
    auto computes = [&]() -> coil::task<> {
        std::stop_token token = coil::this_task::stop_token();
        coil::this_task::check_stop();
        co_await coil::yield();
        told = token.stop_requested();
        try {
            coil::this_task::check_stop();
        } catch (const coil::cancelled&) {
            thrown = true;
            throw;
        }
    };
    auto body = [&]() -> coil::task<> {
        auto h = coil::spawn(computes());
        co_await coil::yield();
        h.cancel();
        co_await h.join_for(std::chrono::hours(1));
        CHECK(h.state() == coil::task_state::cancelled);
    };
    coil::run(body());
    CHECK(told);
    CHECK(thrown);
}
