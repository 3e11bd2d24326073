// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/deadline_wait.hpp>

#include "by_hand.hpp"

#include <coil/runtime/coro/manual_executor.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using coil::task;

class nap final : public coil::deadline_wait {
public:
    explicit nap(coil::nanoseconds d) noexcept : deadline_wait(table) { deadline = coil::time_point(d); }
    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        const bool suspended = enter(h, [this] {
            owner()->home->arm(*this);
            return true;
        });
        return suspended ? std::noop_coroutine() : h;
    }
    void await_resume() { finish(); }

private:
    static bool stop(wait& w) noexcept {
        auto& self = static_cast<nap&>(w);
        return self.claim(claim_state::stopped) && self.owner()->home->disarm(self);
    }
    static constexpr coil::wait_table table{&stop, nullptr,
                                            [](const wait&, std::string& text) { text.append("a nap"); }};
};

TEST_CASE("its deadline ends it, at its home") {
    coil::manual_executor home;
    noting_owner owner;
    auto body = [&]() -> task<int> {
        co_await nap(10ms);
        CHECK(home.now() == coil::time_point(10ms));
        co_return 1;
    };
    spawned h(home, owner, body());
    h.start();
    home.advance(9ms);
    CHECK(h->state() == coil::task_state::suspended);
    home.advance(1ms);
    CHECK(h->state() == coil::task_state::done);
    CHECK(home.timers() == 0);
}

TEST_CASE("a stop ends it before, and then the deadline does not") {
    coil::manual_executor home;
    noting_owner owner;
    bool stopped = false;
    auto body = [&]() -> task<> {
        try {
            co_await nap(10ms);
        } catch (const coil::cancelled&) {
            stopped = true;
        }
    };
    spawned h(home, owner, body());
    h.start();
    home.advance(5ms);
    h->cancel("");
    home.drain();
    CHECK(home.timers() == 0);
    home.advance(10ms);
    CHECK(stopped);
}

TEST_CASE("what is armed may be told apart, a timer from a wait") {
    struct bell : coil::timer {
        bell() : timer([](coil::timer& t) noexcept { ++static_cast<bell&>(t).rung; }) {}
        int rung = 0;
    } b;
    nap n(1ms);
    const coil::timer_ref one(b);
    const coil::timer_ref other(n);
    CHECK(one);
    CHECK_FALSE(coil::timer_ref());
    CHECK(one == coil::timer_ref(b));
    CHECK(one != other);
    CHECK(&one.key() == &b);
    one.fire();
    CHECK(b.rung == 1);
}

}  // namespace
