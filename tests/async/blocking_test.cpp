// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/blocking.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

TEST_CASE("a call runs on a thread of its own kind and its outcome comes home") {
    auto body = []() -> coil::task<> {
        const auto here = std::this_thread::get_id();
        CHECK(co_await coil::blocking([&] { return std::this_thread::get_id() != here; }));
        CHECK(std::this_thread::get_id() == here);
        std::string text;
        try {
            co_await coil::blocking([] { throw std::runtime_error("blocked"); });
        } catch (const std::runtime_error& e) {
            text = e.what();
        }
        CHECK(text == "blocked");
    };
    coil::run(body());
}

TEST_CASE("calls that block do not block each other or the home") {
    std::atomic<int> inside{0};
    auto body = [&]() -> coil::task<> {
        auto meets = [&]() -> coil::task<> {
            co_await coil::blocking([&] {
                ++inside;
                while (inside != 4) std::this_thread::yield();
            });
        };
        auto a = coil::spawn(meets()), b = coil::spawn(meets()), c = coil::spawn(meets());
        co_await meets();
        co_await a;
        co_await b;
        co_await c;
    };
    coil::run(body());
    CHECK(inside == 4);
}

TEST_CASE("stopped before: the call is not made; begun: it is waited for") {
    std::atomic<bool> begun{false}, go{false};
    std::atomic<int> calls{0};
    int result = 0;
    auto body = [&]() -> coil::task<> {
        auto stopped = [&]() -> coil::task<> {
            co_await by_hand::stop_myself();
            co_await coil::blocking([&] { ++calls; });
        };
        auto before = coil::spawn(stopped());
        CHECK(co_await before.join_for(std::chrono::hours(1)));
        CHECK(calls == 0);
        auto begins = [&]() -> coil::task<> {
            result = co_await coil::blocking([&] {
                begun = true;
                while (!go) std::this_thread::yield();
                return 9;
            });
        };
        auto h = coil::spawn(begins());
        while (!begun) co_await coil::yield();
        h.cancel();
        co_await coil::yield();
        CHECK(!h.done());
        go = true;
        CHECK(co_await h.join_for(std::chrono::hours(1)));
        CHECK(result == 9);
    };
    coil::run(body());
}
