// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/lift.hpp>

#include <coil/runtime/async/sleep.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <type_traits>

namespace {
coil::task<std::unique_ptr<int>> owner() { co_return std::make_unique<int>(1); }
coil::task<int&> refers(int& i) { co_return i; }
}  // namespace

TEST_CASE("a task is passed on as it is, anything else becomes a task of the same result") {
    static_assert(std::is_same_v<decltype(coil::as_task(owner())), coil::task<std::unique_ptr<int>>>);
    static_assert(std::is_same_v<decltype(coil::as_task(coil::yield())), coil::task<>>);
    by_hand::world w;
    int i = 0;
    auto body = [&]() -> coil::task<int> {
        co_await coil::as_task(coil::yield());
        auto p = co_await coil::as_task(owner());
        int& r = co_await coil::as_task(refers(i));
        r = 5;
        co_return* p;
    };
    auto r = w.run(body());
    CHECK(r->what() == "value");
    CHECK(i == 5);
}

TEST_CASE("an lvalue awaitable is referred to, an rvalue kept until it was awaited") {
    by_hand::world w;
    auto body = [&]() -> coil::task<> {
        auto h = coil::spawn(owner());
        CHECK(*co_await coil::as_task(h) == 1);
        CHECK(h.done());
        CHECK(*co_await coil::as_task(coil::spawn(owner())) == 1);
    };
    CHECK(w.run(body())->what() == "value");
}

TEST_CASE("a callable is called when the task runs and what it returns is awaited") {
    by_hand::world w;
    int calls = 0;
    auto makes = [&] {
        ++calls;
        return owner();
    };
    auto body = [&]() -> coil::task<> {
        auto t = coil::call_and_await<decltype(makes)&>(makes);
        CHECK(calls == 0);
        CHECK(*co_await std::move(t) == 1);
        CHECK(calls == 1);
    };
    CHECK(w.run(body())->what() == "value");
}
