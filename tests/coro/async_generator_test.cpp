// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/async_generator.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "forked.hpp"
#include "gates.hpp"

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using coil::async_generator;
using coil::task;

async_generator<int> count_to(int n) {
    for (int i = 1; i <= n; ++i) {
        if (i % 2) co_await step_back();
        co_yield i;
    }
}

TEST_CASE("values come in order, and then nothing, ever after") {
    auto body = []() -> task<int> {
        async_generator<int> g = count_to(4);
        int sum = 0;
        while (std::optional<int> v = co_await g.next()) sum = sum * 10 + *v;
        for (int i = 0; i != 3; ++i) {
            const std::optional<int> none = co_await g.next();
            if (none) co_return -1;
        }
        co_return sum;
    };
    CHECK(run_by_hand(body()) == 1234);
}

TEST_CASE("the body may await, and runs as part of the branch that asks") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto values = [&]() -> async_generator<std::string> {
        for (;;) {
            const int v = co_await g.pass();
            co_yield std::to_string(v);
        }
    };
    auto body = [&]() -> task<std::string> {
        auto source = values();
        std::string all;
        for (int i = 0; i != 3; ++i) all += *co_await source.next();
        co_return all;
    };
    spawned h(home, owner, body());
    h.start();
    for (int i = 0; i != 3; ++i) {
        home.drain();
        REQUIRE(h->state() == coil::task_state::suspended);
        REQUIRE(g.open() == 1);
    }
    home.drain();
    CHECK(h.take() == "123");
}

TEST_CASE("an exception comes out of the next that ran into it, and the sequence is over") {
    auto values = [](bool late) -> async_generator<int> {
        co_yield 1;
        if (late) co_await step_back();
        throw std::runtime_error("x");
    };
    auto body = [&](bool late) -> task<int> {
        auto g = values(late);
        int result = *co_await g.next();
        try {
            (void)co_await g.next();
        } catch (const std::runtime_error&) {
            result += 10;
        }
        const std::optional<int> after = co_await g.next();
        co_return after ? -1 : result;
    };
    CHECK(run_by_hand(body(false)) == 11);
    CHECK(run_by_hand(body(true)) == 11);
}

TEST_CASE("a stop reaches what the body awaits") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    std::string log;
    auto values = [&]() -> async_generator<int> {
        co_yield 1;
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            log += "body ";
            throw;
        }
    };
    auto body = [&]() -> task<> {
        auto source = values();
        (void)co_await source.next();
        try {
            (void)co_await source.next();
        } catch (const coil::cancelled&) {
            log += "caller ";
        }
        const std::optional<int> after = co_await source.next();  // itself no check
        log += after ? "value" : "over";
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    h->cancel("");
    home.drain();
    CHECK(log == "body caller over");
}

TEST_CASE("destroyed between two values, the body's locals end") {
    counted::reset();
    auto values = [](counted) -> async_generator<counted> {
        const counted local(1);
        co_yield counted(2);
        co_yield counted(3);
    };
    auto body = [&]() -> task<int> {
        auto unbegun = values(counted(0));
        auto g = values(counted(0));
        std::optional<counted> v = co_await g.next();
        const int first = v->value;
        auto moved = std::move(g);
        v = co_await moved.next();
        co_return first * 10 + v->value;
    };
    CHECK(run_by_hand(body()) == 23);
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("values that can only be moved come out, and what is converted is") {
    auto pointers = []() -> async_generator<std::unique_ptr<int>> {
        co_yield std::make_unique<int>(4);
        std::unique_ptr<int> named = std::make_unique<int>(5);
        co_yield std::move(named);
    };
    auto words = []() -> async_generator<std::string> { co_yield "literal"; };
    auto body = [&]() -> task<std::string> {
        auto g = pointers();
        std::optional<std::unique_ptr<int>> a = co_await g.next();
        std::optional<std::unique_ptr<int>> b = co_await g.next();
        auto w = words();
        std::optional<std::string> c = co_await w.next();
        co_return std::to_string(**a) + std::to_string(**b) + *c;
    };
    CHECK(run_by_hand(body()) == "45literal");
}

TEST_CASE("a second next while one is awaited is refused at its line, and the first goes on") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto values = [&]() -> async_generator<int> {
        co_await g.pass();
        co_yield 7;
    };
    auto asks = [](async_generator<int>& source) -> task<int> {
        const std::optional<int> v = co_await source.next();
        co_return v ? *v : 0;
    };
    // both are made before either is awaited
    auto awaits = [](async_generator<int>::next_await next) -> task<int> {
        const std::optional<int> v = co_await next;
        co_return v ? *v : 0;
    };
    auto body = [&](bool made_before) -> task<int> {
        auto source = values();
        fork_end end;
        if (made_before) {
            auto first = source.next();
            auto second = source.next();
            end = co_await forked(coil::join::rule::each,
                                  children(awaits(std::move(first)), awaits(std::move(second))));
        } else {
            end = co_await forked(coil::join::rule::each, children(asks(source), asks(source)));
        }
        if (end.children[1].how != coil::promise_base::outcome::error) co_return -1;
        try {
            std::rethrow_exception(end.children[1].thrown);
        } catch (const std::logic_error& e) {
            if (std::string(e.what()).find("async_generator_test.cpp:") == std::string::npos) co_return -2;
        }
        co_return end.children[0].value;
    };
    for (const bool made_before : {false, true}) {
        spawned h(home, owner, body(made_before));
        h.start();
        home.drain();
        REQUIRE(g.waiting() == 1);
        g.open();
        home.drain();
        CHECK(h.take() == 7);
    }
}

TEST_CASE("next of a generator that was moved from is refused") {
    auto body = []() -> task<bool> {
        auto g = count_to(1);
        auto moved = std::move(g);
        bool refused = false;
        try {
            (void)co_await g.next();
        } catch (const std::logic_error&) {
            refused = true;
        }
        const std::optional<int> v = co_await moved.next();
        co_return refused && v == 1;
    };
    CHECK(run_by_hand(body()));
}

TEST_CASE("different branches may ask in turn") {
    coil::manual_executor home;
    noting_owner owner;
    async_generator<int> source = count_to(4);
    auto asks = [&]() -> task<int> {
        const std::optional<int> v = co_await source.next();
        co_return* v;
    };
    for (int i = 1; i != 5; ++i) {
        spawned h(home, owner, asks());
        h.start();
        home.drain();
        CHECK(h.take() == i);
    }
}

}  // namespace
