// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/on_pool.hpp>

#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/run/run.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;

TEST_CASE("a callable runs on the pool and its result comes home") {
    auto body = []() -> coil::task<> {
        coil::executor* const home = coil::this_thread.here;
        const auto here = std::this_thread::get_id();
        CHECK(co_await coil::on_pool([&] { return std::this_thread::get_id() != here; }));
        CHECK(coil::this_thread.here == home);
        CHECK(std::this_thread::get_id() == here);
        co_await coil::on_pool([] {});
        auto moved = co_await coil::on_pool([] { return std::make_unique<int>(4); });
        CHECK(*moved == 4);
        std::string text;
        try {
            co_await coil::on_pool([] { throw std::runtime_error("from there"); });
        } catch (const std::runtime_error& e) {
            text = e.what();
        }
        CHECK(text == "from there");
        CHECK(coil::this_thread.here == home);
    };
    coil::run(body());
}

TEST_CASE("a task has the pool for its home, through every await, and the caller its own again") {
    coil::thread_pool own{2};
    auto body = [&]() -> coil::task<> {
        coil::executor* const home = coil::this_thread.here;
        auto works = [&]() -> coil::task<int> {
            for (int i = 0; i != 100; ++i) {
                CHECK(coil::this_thread.here == &own);
                co_await coil::yield();
            }
            co_await coil::sleep_for(1us);
            CHECK(coil::this_thread.here == &own);
            co_return 5;
        };
        CHECK(co_await coil::on_pool(works(), own) == 5);
        CHECK(coil::this_thread.here == home);
        auto nested = [&]() -> coil::task<int> { co_return co_await coil::on_pool(works(), own); };
        CHECK(co_await coil::on_pool(nested(), own) == 5);
        auto fails = [&]() -> coil::task<> {
            co_await coil::yield();
            throw std::domain_error("there");
        };
        bool thrown = false;
        try {
            co_await coil::on_pool(fails(), own);
        } catch (const std::domain_error&) {
            thrown = true;
        }
        CHECK(thrown);
        CHECK(coil::this_thread.here == home);
    };
    coil::run(body());
}

TEST_CASE("a task that moves its home below on_pool does not move the caller's") {
    coil::thread_pool first{1}, second{1};
    auto body = [&]() -> coil::task<> {
        coil::executor* const home = coil::this_thread.here;
        auto moves = [&]() -> coil::task<> {
            co_await coil::resume_on(second);
            CHECK(coil::this_thread.here == &second);
        };
        co_await coil::on_pool(moves(), first);
        CHECK(coil::this_thread.here == home);
    };
    coil::run(body());
}

TEST_CASE("stopped before: the call is not made; in line: neither; begun: it is waited for and its result kept") {
    coil::thread_pool own{1};
    std::atomic<bool> go{false};
    std::atomic<int> calls{0};
    auto body = [&]() -> coil::task<> {
        auto stopped = [&]() -> coil::task<> {
            co_await by_hand::stop_myself();
            co_await coil::on_pool([&] { ++calls; }, own);
        };
        auto before = coil::spawn(stopped());
        CHECK(co_await before.join_for(1h));
        CHECK(before.state() == coil::task_state::cancelled);
        CHECK(calls == 0);

        std::atomic<bool> begun{false};
        int result = 0;
        auto long_call = [&]() -> coil::task<> {
            result = co_await coil::on_pool([&] {
                begun = true;
                while (!go) std::this_thread::yield();
                return 7;
            }, own);
        };
        auto in_line = [&]() -> coil::task<> { co_await coil::on_pool([&] { ++calls; }, own); };
        auto a = coil::spawn(long_call());
        while (!begun) co_await coil::yield();
        auto b = coil::spawn(in_line());
        co_await coil::yield();
        a.cancel();
        b.cancel();
        co_await coil::yield();
        CHECK(!a.done());
        go = true;
        CHECK(co_await a.join_for(1h));
        CHECK(co_await b.join_for(1h));
        CHECK(result == 7);
        CHECK(calls == 0);
        CHECK(b.state() == coil::task_state::cancelled);
    };
    coil::run(body());
}

TEST_CASE("a call that has begun can ask whether it is stopped") {
    std::atomic<bool> begun{false};
    auto body = [&]() -> coil::task<> {
        auto polls = [&]() -> coil::task<> {
            co_await coil::on_pool([&] {
                begun = true;
                for (;;) {
                    coil::this_task::check_stop();
                    std::this_thread::yield();
                }
            });
        };
        auto h = coil::spawn(polls());
        while (!begun) co_await coil::yield();
        h.cancel();
        CHECK(co_await h.join_for(1h));
        CHECK(h.state() == coil::task_state::cancelled);
    };
    coil::run(body());
}

TEST_CASE("on_pool: a task that was moved from is refused at the line that sends it") {
    auto seven = []() -> coil::task<int> { co_return 7; };
    auto body = [&]() -> coil::task<> {
        auto t = seven();
        const auto u = std::move(t);
        CHECK_THROWS_WITH_AS(co_await coil::on_pool(std::move(t)), doctest::Contains("on_pool_test.cpp:"),
                             std::logic_error);
    };
    coil::run(body());
}
