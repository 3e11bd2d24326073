// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/fiber/fiber.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/task_local.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber_stack.hpp>

#include "../async/by_hand.hpp"
#include "../sanitized.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<int> later(int value) {
    co_await coil::yield();
    co_return value;
}

#ifdef UNDER_A_SANITIZER
constexpr long one_after_another = 1000;  // each end and beginning of a stack costs it far more
#else
constexpr long one_after_another = 100'000;
#endif

int deep(int depth) {
    if (depth == 0) return coil::await(later(1));
    return deep(depth - 1) + 1;
}

}  // namespace

TEST_CASE("a fiber is awaited as a task is, for a value, a reference, or nothing") {
    by_hand::world w;
    int target = 0;
    auto body = [&]() -> task<int> {
        const int v = co_await coil::fiber([&] { return coil::await(later(40)) + 2; });
        int& r = co_await coil::fiber([&]() -> int& { return target; });
        r = v;
        co_await coil::fiber([&] { ++target; });
        auto owner = co_await coil::fiber([] { return std::make_unique<int>(7); });
        co_return target + *owner;
    };
    auto r = w.run(body());
    REQUIRE(r->value);
    CHECK(*r->value == 50);
}

TEST_CASE("an await is possible at any depth of calls") {
    by_hand::world w;
    auto r = w.run(coil::fiber([] { return deep(50); }));
    REQUIRE(r->value);
    CHECK(*r->value == 51);
}

TEST_CASE("what a fiber throws is thrown where it is awaited, and its stack is unwound") {
    by_hand::world w;
    int died = 0;
    auto r = w.run(coil::fiber([&]() -> int {
        const by_hand::witness here(died);
        coil::await(coil::yield());
        throw std::range_error("out of it");
    }));
    CHECK(r->failed_with<std::range_error>());
    CHECK(r->what() == "out of it");
    CHECK(died == 1);
}

TEST_CASE("a fiber does nothing until it is awaited, and one that never is destroys its function") {
    int died = 0, ran = 0;
    {
        auto body = [mine = by_hand::witness(died), &ran] { ++ran; };
        auto t = coil::fiber(coil::own(std::move(body)));
        CHECK(t);
    }
    CHECK(ran == 0);
    CHECK(died == 1);
}

TEST_CASE("an rvalue function lives as long as its task, a named one is referred to") {
    by_hand::world w;
    int died = 0;
    {
        auto owning = [mine = by_hand::witness(died)] { coil::await(coil::yield()); };
        auto r = w.start(coil::fiber(coil::own(std::move(owning))));
        w.exec.drain();
        CHECK(r->ended);
    }
    CHECK(died == 1);
    std::string text = "not copied";
    auto named = [&text]() mutable { text += "!"; };
    w.run(coil::fiber(named));
    w.run(coil::fiber(named));
    CHECK(text == "not copied!!");
}

TEST_CASE("fibers take turns as tasks do") {
    by_hand::world w;
    std::string order;
    auto speaks = [&order](char c) {
        return [&order, c] {
            for (int i = 0; i != 3; ++i) {
                order += c;
                coil::await(coil::yield());
            }
        };
    };
    auto a = w.start(coil::fiber(speaks('a')));
    auto b = w.start(coil::fiber(speaks('b')));
    w.exec.drain();
    CHECK(order == "ababab");
}

TEST_CASE("fibers are combined, spawned and timed as tasks are") {
    by_hand::world w;
    auto body = []() -> task<int> {
        auto [a, b] = co_await coil::when_all(coil::fiber([] { return coil::await(later(1)); }), later(2));
        auto h = coil::spawn(coil::fiber([] { return coil::await(later(3)); }), {.name = "a fiber"});
        const int c = co_await h;
        int late = 0;
        try {
            co_await coil::timeout(1s, coil::fiber([&] { coil::await(coil::sleep_for(1h)); }));
        } catch (const coil::timed_out&) {
            late = 10;
        }
        co_return a + b + c + late;
    };
    auto r = w.start(body());
    w.exec.drain();
    w.exec.advance(2s);
    REQUIRE(r->value);
    CHECK(*r->value == 16);
}

TEST_CASE("a fiber is part of the task that awaits it: name, id, bindings") {
    by_hand::world w;
    static coil::task_local<std::string> user;
    std::string name, bound, inside;
    std::uint64_t outer = 0, inner = 1;
    auto reads = [&]() -> task<> {
        inside = user.get();
        co_return;
    };
    auto speaks = [&] {
        name = coil::this_task::name();
        inner = coil::this_task::id();
        bound = user.get();
        coil::await(user.with("bob", reads()));
        CHECK(user.get() == "ann");
    };
    auto body = [&]() -> task<> {
        outer = coil::this_task::id();
        co_await user.with("ann", coil::fiber(speaks));
    };
    auto h = coil::spawn_task(body(), {.name = "speaker"}, coil::place::current(), &w.exec, &w.owner);
    w.exec.drain();
    CHECK(name == "speaker");
    CHECK(inner == outer);
    CHECK(bound == "ann");
    CHECK(inside == "bob");
}

TEST_CASE("a fiber in a fiber has a stack of its own and ends before the outer one goes on") {
    by_hand::world w;
    std::string order;
    const int* outer_local = nullptr;
    auto inner = [&] {
        const int local = 1;
        CHECK(std::abs(reinterpret_cast<const char*>(&local) - reinterpret_cast<const char*>(outer_local)) > 16384);
        order += 'i';
        coil::await(coil::yield());
        order += 'I';
    };
    auto outer = [&] {
        const int local = 2;
        outer_local = &local;
        order += 'o';
        coil::await(coil::fiber(inner));
        order += 'O';
    };
    auto r = w.run(coil::fiber(outer));
    CHECK(r->what() == "value");
    CHECK(order == "oiIO");
}

TEST_CASE("a hundred thousand fibers, one after another, take one stack") {
    by_hand::world w;
    auto body = []() -> task<long> {
        long sum = 0;
        co_await coil::fiber([] {});
        const auto before = coil::fiber_stacks::statistics();
        for (long i = 0; i != one_after_another; ++i) {
            auto once = [&sum, i] {
                if (i % 16 == 0) coil::await(coil::yield());
                ++sum;
            };
            co_await coil::fiber(once);
        }
        const auto after = coil::fiber_stacks::statistics();
        CHECK(after.mapped == before.mapped);
        CHECK(after.unmapped == before.unmapped);
        co_return sum;
    };
    auto r = w.run(body());
    REQUIRE(r->value);
    CHECK(*r->value == one_after_another);
}

TEST_CASE("sizes of stacks: negative and enormous ones are refused, small ones are made large enough") {
    CHECK_THROWS_AS((void)coil::fiber([] {}, {.stack_size = -1}), std::invalid_argument);
    CHECK_THROWS_AS((void)coil::fiber([] {}, {.stack_size = -4'000'000'000'000}), std::invalid_argument);
    CHECK_THROWS_AS((void)coil::fiber([] {}, {.stack_size = (1ull << 30) + 1}), std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)coil::fiber([] {}, {.stack_size = ~0ull}), doctest::Contains("fiber_test.cpp:"),
                         std::invalid_argument);
    by_hand::world w;
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{20'000}, std::size_t{1} << 20}) {
        std::size_t given = 0;
        auto looks = [&given] {
            given = coil::fiber_stacks::bytes_of(coil::fiber_core::running()->stack().size_class);
            coil::await(coil::yield());
        };
        w.run(coil::fiber(looks, {.stack_size = size}));
        CHECK(given >= size);
        CHECK(given >= 16384);
    }
}

TEST_CASE("a larger stack holds what a usual one would not") {
    by_hand::world w;
    auto uses = [] {
        volatile char much[600'000];
        for (std::size_t i = sizeof much; i >= 4096; i -= 4096)
            much[i - 1] = 1;
        coil::await(coil::yield());
        return static_cast<int>(much[sizeof much - 1]);
    };
    auto r = w.run(coil::fiber(uses, {.stack_size = 1 << 20}));
    REQUIRE(r->value);
    CHECK(*r->value == 1);
}

TEST_CASE("a fiber that is stopped before its first step never runs, takes no stack, and destroys its function") {
    by_hand::world w;
    int ran = 0, died = 0;
    {
        auto body = [mine = by_hand::witness(died), &ran] { ++ran; };
        auto r = w.run_stopped(coil::fiber(coil::own(std::move(body))));
    }
    CHECK(ran == 0);
    CHECK(died == 1);
}
