// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/when_all.hpp>

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/settle.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_any.hpp>
#include <coil/runtime/run/run.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

namespace {

coil::task<int> number(int n) { co_return n; }
coil::task<int> later(int n, std::vector<int>& order) {
    order.push_back(n);
    co_await coil::yield();
    order.push_back(10 * n);
    co_return n;
}
coil::task<> fails(std::string text) {
    co_await coil::yield();
    throw std::runtime_error(text);
}
coil::task<int> sum_below(int depth, std::atomic<int>& begun) {
    ++begun;
    if (depth == 0) co_return 1;
    auto [a, b] = co_await coil::when_all(sum_below(depth - 1, begun), sum_below(depth - 1, begun));
    co_return a + b;
}

}  // namespace

TEST_CASE("values come as a tuple, void as monostate, what can only be moved is moved") {
    auto owner = []() -> coil::task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
    auto nothing = []() -> coil::task<> { co_return; };
    auto body = [&]() -> coil::task<> {
        auto [a, b, c] = co_await coil::when_all(number(1), owner(), nothing());
        static_assert(std::is_same_v<decltype(c), std::monostate>);
        CHECK(a == 1);
        CHECK(*b == 3);
        auto [d, e] = co_await coil::when_all(coil::yield(), number(4));
        (void)d;
        CHECK(e == 4);
    };
    coil::run(body());
}

TEST_CASE("all of nothing is an empty tuple at once, but for who is stopped") {
    bool stopped = false;
    auto body = [&]() -> coil::task<> {
        const std::tuple<> none = co_await coil::when_all();
        (void)none;
        auto stops = [&]() -> coil::task<> {
            co_await by_hand::stop_myself();
            try {
                co_await coil::when_all();
            } catch (const coil::cancelled&) {
                stopped = true;
                throw;
            }
        };
        co_await coil::spawn(stops()).join_for(1h);
    };
    coil::run(body());
    CHECK(stopped);
}

TEST_CASE("children begin in the order of the arguments and run side by side") {
    std::vector<int> order;
    auto body = [&]() -> coil::task<> { co_await coil::when_all(later(1, order), later(2, order), later(3, order)); };
    coil::run(body());
    CHECK(order == std::vector<int>{1, 2, 3, 10, 20, 30});
}

TEST_CASE("the first failure in time is thrown, stops the others and waits for them") {
    bool stopped = false;
    auto waits = [&]() -> coil::task<> {
        try {
            co_await coil::sleep_for(std::chrono::hours(1));
        } catch (const coil::cancelled&) {
            stopped = true;
            throw;
        }
    };
    auto body = [&]() -> coil::task<> { co_await coil::when_all(waits(), fails("first"), waits()); };
    CHECK_THROWS_WITH_AS(coil::run(body()), "first", std::runtime_error);
    CHECK(stopped);
}

TEST_CASE("a later failure is suppressed once, not lost") {
    static std::atomic<int> suppressed;
    suppressed = 0;
    auto before = coil::set_suppressed_hook([](std::exception_ptr, std::string_view, std::uint64_t) noexcept { ++suppressed; });
    auto also_fails = []() -> coil::task<> {
        try {
            co_await coil::sleep_for(std::chrono::hours(1));
        } catch (const coil::cancelled&) {
        }
        throw std::runtime_error("second");
    };
    auto body = [&]() -> coil::task<> { co_await coil::when_all(fails("first"), also_fails()); };
    CHECK_THROWS_WITH_AS(coil::run(body()), "first", std::runtime_error);
    coil::set_suppressed_hook(before);
    CHECK(suppressed == 1);
}

TEST_CASE("stopped before: no child begins; stopped while waiting: every child is stopped") {
    std::vector<int> order;
    auto body = [&]() -> coil::task<> {
        auto stopped = [&]() -> coil::task<> {
            co_await by_hand::stop_myself();
            try {
                co_await coil::when_all(later(1, order), later(2, order));
            } catch (const coil::cancelled&) {
                order.push_back(-1);
                throw;
            }
        };
        co_await coil::spawn(stopped()).join_for(1h);
        try {
            co_await coil::timeout(1ms, coil::when_all(coil::sleep_for(1h), coil::sleep_for(1h)));
        } catch (const coil::timed_out&) {
            order.push_back(-2);
        }
    };
    coil::run(body());
    CHECK(order == std::vector<int>{-1, -2});
}

TEST_CASE("a child that a stop kept from beginning is missed, though all that began ended with a value") {
    coil::thread_pool own{1};
    for (const bool on_pool : {false, true}) {
        CAPTURE(on_pool);
        bool begun = false;
        std::string how;
        auto last = [&]() -> coil::task<int> {
            co_await by_hand::stop_myself();
            co_return 1;
        };
        auto never = [&]() -> coil::task<int> {
            begun = true;
            co_return 2;
        };
        auto stopped = [&]() -> coil::task<> {
            try {
                auto [a, b] = co_await coil::when_all(last(), never());
                how = std::to_string(a) + std::to_string(b);
            } catch (const coil::cancelled&) {
                how = "cancelled";
                throw;
            }
        };
        auto body = [&]() -> coil::task<> {
            auto h = on_pool ? coil::spawn_on(own, stopped()) : coil::spawn(stopped());
            co_await std::move(h).join_for(1h);
        };
        coil::run(body());
        CHECK(how == "cancelled");
        CHECK_FALSE(begun);
    }
}

TEST_CASE("on the pool every forked child runs exactly once, whoever runs it") {
    for (unsigned workers : {1u, 2u}) {
        coil::thread_pool own{workers};
        std::atomic<int> begun{0};
        auto body = [&]() -> coil::task<int> { co_return co_await coil::on_pool(sum_below(12, begun), own); };
        CHECK(coil::run(body()) == 4096);
        CHECK(begun == 8191);
    }
}

TEST_CASE("a child that moves its home away does not take the parent with it") {
    coil::thread_pool own{1};
    auto body = [&]() -> coil::task<> {
        coil::executor* const home = coil::this_thread.here;
        auto leaves = [&]() -> coil::task<int> {
            co_await coil::on_pool([] {}, own);
            co_return 1;
        };
        auto [a, b] = co_await coil::when_all(leaves(), leaves());
        CHECK(a + b == 2);
        CHECK(coil::this_thread.here == home);
    };
    coil::run(body());
}

TEST_CASE("an empty task among others fails, at the line that awaits them, and stops the rest") {
    const doctest::Contains at_its_line("when_all_test.cpp:");
    auto body = [&]() -> coil::task<> {
        auto taken = number(1);
        const auto elsewhere = std::move(taken);
        CHECK_THROWS_WITH_AS(co_await coil::when_all(coil::sleep_for(1h), std::move(taken)), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(co_await coil::when_any(std::move(taken), coil::sleep_for(1h)), at_its_line, std::logic_error);
        auto outcomes = co_await coil::settle(std::move(taken), number(2));
        CHECK(std::get<0>(outcomes).failed());
        CHECK(*std::get<1>(outcomes) == 2);
    };
    coil::run(body());
    auto on_the_pool = [&]() -> coil::task<> {
        CHECK_THROWS_WITH_AS(co_await coil::when_all(coil::task<int>(), number(1)), at_its_line, std::logic_error);
    };
    coil::run(coil::on_pool(on_the_pool()));
}
