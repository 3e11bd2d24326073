// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/resume_on.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>

TEST_CASE("the task goes on elsewhere, stays there, and can come back") {
    coil::thread_pool own{2};
    auto body = [&]() -> coil::task<> {
        auto& home = static_cast<coil::loop&>(*coil::this_thread.here);
        co_await coil::resume_on(own);
        CHECK(coil::this_thread.here == &own);
        co_await coil::yield();
        CHECK(coil::this_thread.here == &own);
        co_await coil::resume_on(own);
        CHECK(coil::this_thread.here == &own);
        co_await coil::resume_on(home);
        CHECK(coil::this_thread.here == &home);
    };
    coil::run(body());
}

TEST_CASE("it is checked before: a stopped task does not move") {
    coil::thread_pool own{1};
    coil::executor* ended_on = nullptr;
    auto body = [&]() -> coil::task<> {
        coil::executor* const home = coil::this_thread.here;
        auto stopped = [&]() -> coil::task<> {
            co_await by_hand::stop_myself();
            try {
                co_await coil::resume_on(own);
            } catch (const coil::cancelled&) {
                ended_on = coil::this_thread.here;
                throw;
            }
        };
        auto h = coil::spawn(stopped());
        CHECK(co_await h.join_for(std::chrono::hours(1)));
        CHECK(ended_on == home);
    };
    coil::run(body());
}

TEST_CASE("a task that ends away from home is joined all the same") {
    coil::thread_pool own{1};
    auto body = [&]() -> coil::task<> {
        auto leaves = [&]() -> coil::task<int> {
            co_await coil::resume_on(own);
            co_return 3;
        };
        CHECK(co_await coil::spawn(leaves()) == 3);
    };
    coil::run(body());
}
