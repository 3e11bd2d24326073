// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/promise.hpp>

#include "by_hand.hpp"
#include "gates.hpp"

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/task.hpp>

#include <doctest/doctest.h>

#include <coroutine>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace {

using coil::promise_base;
using coil::task;

TEST_CASE("a promise says how its coroutine ended") {
    coil::manual_executor home;
    noting_owner owner;
    auto ends = [](int kind) -> task<> {
        if (kind == 1) throw std::runtime_error("x");
        if (kind == 2) throw coil::cancelled();
        co_return;
    };
    const promise_base::outcome expected[] = {promise_base::outcome::value, promise_base::outcome::error,
                                              promise_base::outcome::stopped};
    for (int kind = 0; kind != 3; ++kind) {
        spawned h(home, owner, ends(kind));
        CHECK(h->first().how() == promise_base::outcome::none);
        h.start();
        home.drain();
        CHECK(h->first().how() == expected[kind]);
        CHECK(static_cast<bool>(h->first().thrown()) == (kind != 0));
        if (kind == 1) CHECK_THROWS_AS(h.take(), std::runtime_error);
        if (kind == 2) CHECK_THROWS_AS(h.take(), coil::cancelled);
    }
}

// As large as an error, which lies in its place.
struct small {
    explicit small(int& alive) noexcept : alive_(&alive) { ++alive; }
    small(small&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    ~small() { --*alive_; }
    int* alive_;
};

struct throws_at_end {
    ~throws_at_end() noexcept(false) { throw std::runtime_error("late"); }
};

TEST_CASE("a small value lies where an error would, and each is destroyed once") {
    static_assert(sizeof(coil::promise<small>) == sizeof(coil::promise<void>));
    static_assert(sizeof(coil::promise<std::pair<small, small>>) > sizeof(coil::promise<void>));
    coil::manual_executor home;
    noting_owner owner;
    int alive = 0;
    {
        auto body = [&alive](bool late) -> task<small> {
            if (!late) co_return small(alive);
            const throws_at_end last;
            co_return small(alive);
        };
        spawned with_value(home, owner, body(false));
        spawned with_error(home, owner, body(true));
        spawned never_taken(home, owner, body(false));
        spawned never_begun(home, owner, body(false));
        never_begun->cancel("");
        for (auto* h : {&with_value, &with_error, &never_taken, &never_begun}) h->start();
        home.drain();
        CHECK(alive == 2);
        CHECK(with_value->first().how() == promise_base::outcome::value);
        CHECK_FALSE(with_value->first().thrown());
        CHECK_FALSE(with_value->first().take_thrown());
        CHECK(with_value.take().alive_ == &alive);
        CHECK(with_error->first().how() == promise_base::outcome::error);
        CHECK_THROWS_WITH(with_error.take(), "late");
        CHECK(never_begun->first().how() == promise_base::outcome::stopped);
        CHECK_FALSE(never_begun->first().thrown());
        CHECK_THROWS_AS(never_begun.take(), coil::cancelled);
    }
    CHECK(alive == 0);
}

TEST_CASE("something derived from cancelled is an error, not a stop") {
    struct own : coil::cancelled {};
    coil::manual_executor home;
    noting_owner owner;
    spawned h(home, owner, []() -> task<> {
        throw own();
        co_return;
    }());
    h.start();
    home.drain();
    CHECK(h->first().how() == promise_base::outcome::error);
    CHECK_THROWS_AS(h.take(), own);
}

TEST_CASE("each await leaves its line behind, down the whole chain") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    unsigned inner_line = 0, outer_line = 0;
    auto inner = [&]() -> task<> {
        co_await step_back();
        inner_line = coil::place::current().line() + 1;
        co_await g.pass();
    };
    auto outer = [&]() -> task<> {
        outer_line = coil::place::current().line() + 1;
        co_await inner();
    };
    spawned h(home, owner, outer());
    h.start();
    home.drain();
    const std::vector<coil::wait*> waits = waits_of(*h);
    REQUIRE(waits.size() == 1);
    CHECK(waits[0]->owner() == &h->root_branch);

    std::vector<promise_base*> chain;
    for (std::coroutine_handle<> f = waits[0]->handle; f; f = chain.back()->awaited_by())
        chain.push_back(&promise_base::of(f));
    REQUIRE(chain.size() == 2);
    CHECK(chain[0]->where().line() == inner_line);
    CHECK(chain[1]->where().line() == outer_line);
    CHECK(std::string_view(chain[0]->where().file_name()).ends_with("promise_test.cpp"));
    CHECK(chain[1] == &h->first());
    CHECK(&chain[0]->line() == &h->root_branch);
    g.open();
    home.drain();
}

TEST_CASE("a hook decides whom to resume after a coroutine") {
    struct hook : coil::after_hook {
        hook() : after_hook{[](coil::after_hook& h) noexcept -> std::coroutine_handle<> {
            auto& self = static_cast<hook&>(h);
            ++self.asked;
            return self.to ? self.to : std::noop_coroutine();
        }, [](const coil::after_hook& h) noexcept { return static_cast<const hook&>(h).to; }} {}
        int asked = 0;
        std::coroutine_handle<> to;
    };
    coil::manual_executor home;
    noting_owner owner;
    // a coroutine that runs another one behind a hook, as an excursion does
    struct through_hook {
        task<int> body;
        hook h;
        std::coroutine_handle<coil::promise<int>> frame{};
        coil::branch* line = nullptr;
        explicit through_hook(task<int> t) : body(std::move(t)) {}
        through_hook(through_hook&&) = default;
        void attach(coil::branch& b) noexcept { line = &b; }
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
            frame = body.release();
            h.to = awaiting;
            frame.promise().continue_with(h, *line);
            return coil::transfer(frame);
        }
        int await_resume() {
            const task<int> dies(frame);
            return frame.promise().take() + h.asked;
        }
    };
    auto ten = []() -> task<int> { co_return 10; };
    auto throwing = []() -> task<int> {
        throw std::runtime_error("x");
        co_return 0;
    };
    auto outer = [&]() -> task<int> {
        const int v = co_await through_hook(ten());
        try {
            (void)co_await through_hook(throwing());
        } catch (const std::runtime_error&) {
            co_return v;
        }
        co_return 0;
    };
    CHECK(run_by_hand(home, outer()) == 11);
}

}  // namespace
