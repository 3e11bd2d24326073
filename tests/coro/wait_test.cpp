// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/wait.hpp>

#include "by_hand.hpp"
#include "gates.hpp"

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using coil::task;

TEST_CASE("a claim is won once") {
    gate g;
    gate::passage w = g.pass();
    CHECK_FALSE(w.is_claimed());
    CHECK(w.claim(coil::wait::claim_state::taken));
    CHECK(w.is_claimed());
    CHECK_FALSE(w.was_stopped());
    CHECK_FALSE(w.claim(coil::wait::claim_state::stopped));
    CHECK_FALSE(w.was_stopped());
}

TEST_CASE("of many who claim at once, one wins") {
    for (int round = 0; round != 300; ++round) {
        gate g;
        gate::passage w = g.pass();
        std::atomic<int> winners{0};
        std::vector<std::thread> crowd;
        for (int t = 0; t != 3; ++t) {
            crowd.emplace_back([&, t] {
                const auto how = t == 0 ? coil::wait::claim_state::stopped : coil::wait::claim_state::taken;
                if (w.claim(how)) winners.fetch_add(1);
            });
        }
        for (std::thread& t : crowd) t.join();
        REQUIRE(winners == 1);
        REQUIRE(w.is_claimed());
    }
}

TEST_CASE("what is moved before it is awaited is the request, not the suspension") {
    static_assert(std::is_move_constructible_v<gate::passage>);
    coil::manual_executor home;
    gate g;
    auto body = [&]() -> task<int> {
        gate::passage first = g.pass();
        gate::passage second(std::move(first));
        co_return co_await second;
    };
    noting_owner owner;
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(g.open() == 1);
    home.drain();
    CHECK(h.take() == 1);
}

TEST_CASE("a wait that its source ends while it registers does not suspend") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    g.close();
    auto body = [&]() -> task<int> {
        for (int i = 0; i != 5; ++i) co_await g.pass();
        co_return 5;
    };
    spawned h(home, owner, body());
    h.start();
    CHECK(home.drain() == 1);  // one step did it all
    CHECK(h.take() == 5);
}

TEST_CASE("a suspended branch knows what it waits for, and forgets it when it goes on") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<> { co_await g.pass(); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    REQUIRE(h->state() == coil::task_state::suspended);
    REQUIRE(waits_of(*h).size() == 1);
    std::string text = "waits for ";
    waits_of(*h)[0]->describe(text);
    CHECK(text == "waits for gate");
    g.open();
    CHECK(waits_of(*h).size() == 1);  // it leaves at home
    home.drain();
    CHECK(h->ended());
}

TEST_CASE("in a stopped branch an await throws before it takes anything, also where it would be ready") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    int after = 0;
    auto body = [&](coil::task_record** self) -> task<> {
        co_await step_back();
        (*self)->cancel("");
        for (int i = 0; i != 3; ++i) {
            try {
                co_await ready_at_once();
                after += 100;
            } catch (const coil::cancelled&) {
                ++after;
            }
            try {
                co_await g.pass();
                after += 100;
            } catch (const coil::cancelled&) {
                ++after;
            }
        }
    };
    coil::task_record* self = nullptr;
    spawned h(home, owner, body(&self));
    self = &*h;
    h.start();
    home.drain();
    CHECK(h->ended());
    CHECK(after == 6);
    CHECK(g.waiting() == 0);
    CHECK(g.stops_asked() == 0);
}

// Looks, is stopped by "another thread" at that very moment, and then suspends
class late final : public coil::wait {
public:
    explicit late(coil::task_record& r) noexcept : coil::wait(table), record_(&r) {}
    bool await_ready() noexcept {
        const bool was_refused = refused();
        record_->cancel("late");
        return was_refused;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        const bool suspended = enter(h, [this] {
            published = true;
            return true;
        });
        return suspended ? std::noop_coroutine() : coil::transfer(h);
    }
    void await_resume() { finish(); }
    bool published = false;

private:
    static constexpr coil::wait_table table{[](coil::wait&) noexcept { return true; }, nullptr,
                                            [](const coil::wait&, std::string&) {}};
    coil::task_record* record_;
};

TEST_CASE("a stop between the look and the registration is seen by the registration") {
    coil::manual_executor home;
    noting_owner owner;
    bool published = true;
    auto body = [&](coil::task_record** self) -> task<bool> {
        late l(**self);
        try {
            co_await l;
        } catch (const coil::cancelled&) {
            published = l.published;
            co_return true;
        }
        co_return false;
    };
    coil::task_record* self = nullptr;
    spawned h(home, owner, body(&self));
    self = &*h;
    h.start();
    home.drain();
    CHECK(h.take());
    CHECK_FALSE(published);
}

TEST_CASE("one wait object may be awaited again after it ended") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    int passed = 0;
    auto body = [&]() -> task<> {
        gate::passage p = g.pass();
        for (;;) {
            co_await p;
            ++passed;
        }
    };
    spawned h(home, owner, body());
    h.start();
    for (int i = 1; i != 4; ++i) {
        home.drain();
        REQUIRE(g.open() == 1);
        home.drain();
        CHECK(passed == i);
    }
    // and a stop still reaches it
    h->cancel("enough");
    home.drain();
    CHECK(h->state() == coil::task_state::cancelled);
    g.open();
    home.drain();
}

}  // namespace
