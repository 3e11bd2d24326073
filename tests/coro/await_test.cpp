// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/await.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "gates.hpp"

#include <coil/runtime/coro/bridge.hpp>
#include <coil/runtime/coro/task.hpp>

#include <doctest/doctest.h>

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace {

using coil::task;

struct yields {
    explicit yields(int v) : value(v) {}
    struct awaiter {
        explicit awaiter(int v) : value(v) {}
        void attach(coil::branch&) noexcept {}
        bool await_ready() const noexcept { return true; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return coil::transfer(h); }
        int await_resume() const noexcept { return value; }
        int value;
    };
    awaiter into_awaiter(coil::place = coil::place::current()) & { return awaiter(value); }
    awaiter into_awaiter(coil::place = coil::place::current()) && { return awaiter(value * 10); }
    int value;
};

struct not_awaitable {};

static_assert(coil::awaitable<task<int>>);
static_assert(coil::awaitable<task<int>&>);  // said more clearly when it is awaited
static_assert(coil::awaitable<gate::passage>);
static_assert(coil::awaitable<gate::passage&>);
static_assert(coil::awaitable<yields>);
static_assert(coil::awaitable<yields&>);
static_assert(coil::awaitable<std::suspend_never>);
static_assert(coil::awaitable<std::suspend_always&>);
static_assert(!coil::awaitable<int>);
static_assert(!coil::awaitable<not_awaitable>);
static_assert(coil::attachable<gate::passage>);
static_assert(!coil::attachable<std::suspend_never>);
static_assert(std::is_same_v<coil::await_result_t<task<int>>, int>);
static_assert(std::is_same_v<coil::await_result_t<task<int&>>, int&>);
static_assert(std::is_same_v<coil::await_result_t<task<>>, void>);
static_assert(std::is_same_v<coil::await_result_t<gate::passage&>, int>);
static_assert(std::is_same_v<coil::await_result_t<yields>, int>);
static_assert(std::is_same_v<coil::awaiter_of<gate::passage&>, coil::await_ref<gate::passage>>);
static_assert(std::is_same_v<coil::awaiter_of<gate::passage>, gate::passage>);

// Can neither be moved nor copied.
struct rooted {
    explicit rooted(int v) : value(v) {}
    rooted(rooted&&) = delete;
    void attach(coil::branch& b) noexcept { attached = &b; }
    bool await_ready() const noexcept { return true; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return coil::transfer(h); }
    rooted* await_resume() noexcept { return this; }
    int value;
    coil::branch* attached = nullptr;
};

TEST_CASE("an awaiter with a name is used where it lies, neither moved nor copied") {
    auto body = []() -> task<bool> {
        rooted r(3);
        rooted* const seen = co_await r;
        co_return seen == &r && r.attached != nullptr;
    };
    CHECK(run_by_hand(body()));
}

TEST_CASE("an awaiter without a name lives to the end of its await, and ends once") {
    struct counted_awaiter : counted {
        explicit counted_awaiter(int v) : counted(v) {}
        void attach(coil::branch&) noexcept {}
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return coil::transfer(h); }
        int await_resume() const noexcept { return value + counted::living; }
    };
    counted::reset();
    auto body = []() -> task<int> {
        const int v = co_await counted_awaiter(10);
        co_return v * 100 + counted::living;
    };
    CHECK(run_by_hand(body()) == 1100);
    CHECK(counted::begun == 1);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("into_awaiter is asked as lvalue or as rvalue, as it is awaited") {
    auto body = []() -> task<int> {
        yields named(2);
        const int a = co_await named;
        const int b = co_await yields(3);
        const int c = co_await std::move(named);
        co_return a * 10000 + b * 100 + c;
    };
    CHECK(run_by_hand(body()) == 23020);
}

TEST_CASE("as_awaiter keeps an rvalue by value and refers to an lvalue") {
    auto body = []() -> task<bool> {
        rooted r(3);
        auto by_reference = coil::as_awaiter(r);
        rooted* const seen = co_await by_reference;
        co_return seen == &r;
    };
    CHECK(run_by_hand(body()));
}

// Forwards to what it keeps, as combinators do.
template <class A>
class wrapped {
public:
    explicit wrapped(A&& a) : inner_(coil::as_awaiter(std::forward<A>(a))) {}
    wrapped(wrapped&& other) : inner_(std::move(other.inner_)) {}
    void attach(coil::branch& b) noexcept { inner_.attach(b); }
    bool await_ready() { return inner_.await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) { return inner_.await_suspend(h); }
    decltype(auto) await_resume() { return inner_.await_resume(); }

private:
    coil::awaiter_of<A> inner_;
};
template <class A>
wrapped<A> wrap(A&& a) {
    return wrapped<A>(std::forward<A>(a));
}

TEST_CASE("a wrapped awaitable is what it wraps, whatever its kind") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto number = [](int v) -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(v); };
    auto body = [&]() -> task<int> {
        const std::unique_ptr<int> p = co_await wrap(number(4));
        gate::passage pass = g.pass();
        const int opened = co_await wrap(pass);
        const int again = co_await wrap(g.pass());
        const int y = co_await wrap(yields(1));
        co_await wrap(std::suspend_never());
        co_await wrap(wrap(wrap(step_back())));
        co_return *p * 1000 + opened * 100 + again * 10 + y;
    };
    spawned h(home, owner, body());
    h.start();
    for (int i = 0; i != 2; ++i) {
        home.drain();
        REQUIRE(g.open() == 1);
    }
    home.drain();
    CHECK(h.take() == 4130);
}

TEST_CASE("a task in an awaiter that is never awaited dies with it") {
    counted::reset();
    {
        auto held = coil::as_awaiter([](counted) -> task<> { co_return; }(counted(1)));
        auto moved = std::move(held);
        CHECK(counted::living == 1);
    }
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

}  // namespace
