// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/time_limit.hpp>

#include "by_hand.hpp"
#include "forked.hpp"
#include "gates.hpp"

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;
using coil::task;

// A time limit around a task, as the barest combinator.
class limited {
public:
    limited(coil::nanoseconds d, task<int> t) : limit_(d), inside_(coil::as_awaiter(std::move(t))) {}
    limited(limited&& other) noexcept : limit_(std::move(other.limit_)), inside_(std::move(other.inside_)) {}
    void attach(coil::branch& b) noexcept {
        line_ = &b;
        inside_.attach(b);
    }
    bool await_ready() noexcept { return inside_.await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        limit_.open(*line_);
        return inside_.await_suspend(h);
    }
    int await_resume() {
        limit_.close();
        try {
            return inside_.await_resume();
        } catch (const coil::cancelled&) {
            if (limit_.expired()) return -1;
            throw;
        }
    }

private:
    coil::time_limit limit_;
    coil::awaiter_of<task<int>> inside_;
    coil::branch* line_ = nullptr;
};

struct fixture {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    task<int> instant() { co_return 1; }
    task<int> waits() {
        co_await g.pass();
        co_return 2;
    }
};

TEST_CASE_FIXTURE(fixture, "what completes without waiting arms no timer") {
    auto body = [&]() -> task<int> {
        int sum = 0;
        for (int i = 0; i != 10; ++i) sum += co_await limited(1s, instant());
        co_return sum;
    };
    spawned h(home, owner, body());
    h.start();
    CHECK(home.step());
    CHECK(home.timers() == 0);
    CHECK(h.take() == 10);
}

TEST_CASE_FIXTURE(fixture, "what waits is stopped at the deadline, counted from the opening") {
    auto body = [&]() -> task<int> { co_return co_await limited(2s, waits()); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(home.timers() == 1);
    home.advance(2s - 1ns);
    CHECK(g.waiting() == 1);
    home.advance(1ns);
    CHECK(g.waiting() == 0);
    CHECK(h.take() == -1);
    CHECK(h->stopping == 0);
    CHECK(home.timers() == 0);
    CHECK((h->root_branch.inherited & coil::branch::tags) == 0);
}

TEST_CASE_FIXTURE(fixture, "what ends in time takes the timer away") {
    auto body = [&]() -> task<int> {
        const int v = co_await limited(2s, waits());
        co_await step_back();
        co_return v;
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    g.open();
    home.drain();
    CHECK(home.timers() == 0);
    home.advance(10s);
    CHECK(h.take() == 2);
}

TEST_CASE_FIXTURE(fixture, "a limit of never arms nothing, and one of nothing stops at the first wait") {
    auto body = [&](coil::nanoseconds d) -> task<int> { co_return co_await limited(d, waits()); };
    spawned a(home, owner, body(coil::nanoseconds::max()));
    a.start();
    home.drain();
    CHECK(home.timers() == 0);
    g.open();
    home.drain();
    CHECK(a.take() == 2);
    for (const coil::nanoseconds d : {0ns, coil::nanoseconds(-5s)}) {
        spawned b(home, owner, body(d));
        b.start();
        home.drain();
        home.advance(0s);
        CHECK(b.take() == -1);
    }
}

TEST_CASE_FIXTURE(fixture, "of nested limits the nearer deadline acts, and only its own stretch ends by it") {
    std::string log;
    auto inner = [&](coil::nanoseconds d) -> task<int> {
        const int v = co_await limited(d, waits());
        log += v == -1 ? "inner " : "value ";
        co_return co_await waits();
    };
    auto body = [&](coil::nanoseconds outer, coil::nanoseconds inside) -> task<int> {
        co_return co_await limited(outer, inner(inside));
    };
    {
        spawned h(home, owner, body(5s, 1s));
        h.start();
        home.drain();
        CHECK(home.timers() == 2);
        home.advance(1s);
        CHECK(log == "inner ");
        CHECK(g.waiting() == 1);
        home.advance(4s);
        CHECK(h.take() == -1);
    }
    log.clear();
    {
        spawned h(home, owner, body(1s, 5s));
        h.start();
        home.drain();
        home.advance(1s);
        CHECK(log.empty());  // the outer one stopped it: the inner one does not say that it did
        CHECK(h.take() == -1);
    }
    CHECK(home.timers() == 0);
}

TEST_CASE_FIXTURE(fixture, "a limit reaches forked children, and is armed by the first of them that waits") {
    auto body = [&]() -> task<int> {
        const fork_end end =
            co_await forked(coil::join::rule::all, children(instant(), waits(), waits()));
        co_return static_cast<int>(end.children.size());
    };
    auto outer = [&]() -> task<int> { co_return co_await limited(1s, body()); };
    spawned h(home, owner, outer());
    h.start();
    home.drain();
    CHECK(home.timers() == 1);
    CHECK(g.waiting() == 2);
    home.advance(1s);
    CHECK(g.waiting() == 0);
    CHECK(h.take() == 3);  // the children were stopped, their parent was not at an await of its own
}

TEST_CASE_FIXTURE(fixture, "a chain that never suspends is looked at now and then") {
    long rounds = 0;
    auto chain = [&]() -> task<int> {
        for (; rounds != 1000000; ++rounds) {
            (void)co_await instant();
            if (rounds == 100) home.pass(10s);
            co_await ready_at_once();
        }
        co_return 0;
    };
    auto body = [&]() -> task<int> { co_return co_await limited(1s, chain()); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(h.take() == -1);
    CHECK(rounds < 10000);
    CHECK(rounds > 100);
}

}  // namespace
