// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/spawn.hpp>

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {
coil::task<> note(std::vector<int>& order, int n) {
    order.push_back(n);
    co_return;
}
}  // namespace

TEST_CASE("a spawned task begins after the caller has let go, in order") {
    std::vector<int> order;
    auto body = [&]() -> coil::task<> {
        auto a = coil::spawn(note(order, 1));
        auto b = coil::spawn(note(order, 2));
        order.push_back(0);
        co_await a;
        co_await b;
    };
    coil::run(body());
    CHECK(order == std::vector<int>{0, 1, 2});
}

TEST_CASE("it has a name, an id of its own and runs at home where it was told to") {
    coil::thread_pool own{1};
    auto body = [&]() -> coil::task<> {
        auto where = []() -> coil::task<coil::executor*> { co_return coil::this_thread.here; };
        auto name = []() -> coil::task<std::string> { co_return std::string(coil::this_task::name()); };
        auto a = coil::spawn(where());
        auto b = coil::spawn_on(own, where());
        CHECK(a.id() != b.id());
        CHECK(co_await a == coil::this_thread.here);
        CHECK(co_await b == &own);
        CHECK(co_await coil::spawn(name(), {.name = "a name"}) == "a name");
        CHECK(co_await coil::spawn(name()) == "");
    };
    coil::run(body());
}

TEST_CASE("outside of a run, or with a task that was used, it is refused and nothing leaks") {
    auto argument = std::make_shared<int>(1);
    auto holds = [](std::shared_ptr<int>) -> coil::task<> { co_return; };
    CHECK_THROWS_AS((void)coil::spawn(holds(argument)), std::logic_error);
    CHECK(argument.use_count() == 1);
    auto body = [&]() -> coil::task<> {
        auto t = holds(argument);
        auto taken = std::move(t);
        CHECK_THROWS_AS((void)coil::spawn(std::move(t)), std::logic_error);
        co_await std::move(taken);
    };
    coil::run(body());
    CHECK(argument.use_count() == 1);
}

TEST_CASE("any awaitable can be spawned") {
    auto body = []() -> coil::task<> { co_await coil::spawn(coil::yield()); };
    coil::run(body());
}
