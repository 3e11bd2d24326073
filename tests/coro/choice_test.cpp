// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/choice.hpp>

#include "by_hand.hpp"
#include "gates.hpp"

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/time_limit.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace {

using coil::task;

/// Chooses between two waits, and yields which one it was.
template <class A, class B>
class [[nodiscard]] either {
public:
    either(A a, B b) : a_(std::move(a)), b_(std::move(b)) {}
    either(either&& other) noexcept : a_(std::move(other.a_)), b_(std::move(other.b_)), chooser_(other.chooser_) {}

    void attach(coil::branch& b) noexcept { chooser_ = &b; }
    bool await_ready() {
        choice_.open(*chooser_, arms_, 2);
        return is_ready(arms_[0], a_) || is_ready(arms_[1], b_);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        choice_.begin(h);
        choice_.suspend(arms_[0], a_);
        choice_.suspend(arms_[1], b_);
        return choice_.suspended() ? std::noop_coroutine() : coil::transfer(h);
    }
    int await_resume() {
        coil::arm* const winner = choice_.close();
        if (!winner) throw coil::cancelled();
        if (winner == &arms_[0]) {
            (void)a_.await_resume();
            return 0;
        }
        (void)b_.await_resume();
        return 1;
    }

private:
    template <class W>
    static bool is_ready(coil::arm& to, W& w) {
        coil::choice::attach(to, w);
        if (!w.await_ready()) return false;
        coil::choice::ready(to);
        return true;
    }
    A a_;
    B b_;
    coil::choice choice_;
    coil::arm arms_[2];
    coil::branch* chooser_ = nullptr;
};
template <class A, class B>
either(A, B) -> either<A, B>;

TEST_CASE("choice: what its source ends counts, and the other leaves its source") {
    for (const int which : {0, 1}) {
        coil::manual_executor home;
        noting_owner owner;
        gate a, b;
        auto body = [&]() -> task<int> { co_return co_await either(a.pass(), b.pass()); };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        CHECK(waits_of(*h).size() == 2);
        CHECK((which == 0 ? a : b).open() == 1);
        home.drain();
        CHECK(h.take() == which);
        CHECK(a.waiting() + b.waiting() == 0);
        CHECK(waits_of(*h).empty());
    }
}

TEST_CASE("choice: of two that are ended before the branch runs, the first counts") {
    coil::manual_executor home;
    noting_owner owner;
    gate a, b;
    auto body = [&]() -> task<int> { co_return co_await either(a.pass(), b.pass()); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    b.open();
    a.open();
    home.drain();
    CHECK(h.take() == 1);
}

TEST_CASE("choice: what is ready at once is not suspended, and nothing behind it is asked") {
    gate a;
    auto body = [&]() -> task<int> {
        const int first = co_await either(ready_at_once(), a.pass());
        const int second = co_await either(a.pass(), ready_at_once());
        co_return 10 * first + second;
    };
    CHECK(run_by_hand(body()) == 1);
    CHECK(a.waiting() == 0);
}

TEST_CASE("choice: a wait that its source ends while it registers is the one, and the next is not begun") {
    gate a, b;
    a.close();
    auto body = [&]() -> task<int> {
        int sum = 0;
        for (int i = 0; i != 200; ++i) sum += co_await either(a.pass(), b.pass());  // past the count of transfers
        co_return sum;
    };
    CHECK(run_by_hand(body()) == 0);
    CHECK(b.waiting() == 0);
    CHECK(b.stops_asked() == 0);
}

TEST_CASE("choice: one that registers after another has ended at once is ended with it") {
    gate a, b;
    b.close();
    auto body = [&]() -> task<int> { co_return co_await either(a.pass(), b.pass()); };
    CHECK(run_by_hand(body()) == 1);
    CHECK(a.waiting() == 0);
    CHECK(a.stops_asked() == 1);
}

TEST_CASE("choice: a stop from outside ends every arm") {
    coil::manual_executor home;
    noting_owner owner;
    gate a, b;
    auto body = [&]() -> task<int> { co_return co_await either(a.pass(), b.pass()); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    h->cancel("no more");
    home.drain();
    CHECK(h->state() == coil::task_state::cancelled);
    CHECK(a.waiting() + b.waiting() == 0);
}

TEST_CASE("choice: an arm whose source can only be asked is waited for") {
    coil::manual_executor home;
    noting_owner owner;
    gate a;
    slow_source slow;
    bool went_on = false;
    auto body = [&]() -> task<int> {
        const int which = co_await either(a.pass(), slow.begin());
        went_on = true;
        co_return which;
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    a.open();
    home.drain();
    CHECK(slow.asked() == 1);
    CHECK_FALSE(went_on);  // the frame is still in the hands of the source
    slow.complete(5);
    home.drain();
    CHECK(h.take() == 0);  // what came too late does not count
}

TEST_CASE("choice: an arm that only another thread may end is ended there") {
    coil::manual_executor home, other;
    noting_owner owner;
    gate a;
    home_gate b(other);
    auto body = [&]() -> task<int> { co_return co_await either(a.pass(), b.pass()); };
    spawned h(home, owner, body());
    h->share();
    h.start();
    home.drain();
    a.open();
    home.drain();
    CHECK(b.waiting() == 1);
    other.drain();
    REQUIRE(b.stopped_on().size() == 1);
    CHECK(b.stopped_on()[0] == &other);
    home.drain();
    CHECK(h.take() == 0);
}

TEST_CASE("choice: time limits around see it suspended") {
    coil::manual_executor home;
    noting_owner owner;
    gate a, b;
    auto body = [&]() -> task<int> { co_return co_await either(a.pass(), b.pass()); };
    spawned h(home, owner, body());
    coil::time_limit limit(std::chrono::seconds(1));
    limit.open(h->root_branch);
    h.start();
    home.drain();
    CHECK(home.timers() == 1);
    home.advance(std::chrono::seconds(2));
    CHECK(limit.expired());
    CHECK(a.waiting() + b.waiting() == 0);
    CHECK(h->ended());
    limit.close();
}

/// Is ended at once by a source that could not ask, while another arm is being won.
class [[nodiscard]] hasty final : public coil::wait {
public:
    static constexpr bool selectable = true;
    hasty(gate& other, int& given_back) noexcept : coil::wait(table), other_(&other), given_back_(&given_back) {}
    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        other_->take_only();
        return h;
    }
    void await_resume() { finish(); }
    void give_back() noexcept { ++*given_back_; }

private:
    static bool stop(coil::wait&) noexcept { return true; }
    static void describe(const coil::wait&, std::string& text) { text += "nothing"; }
    static constexpr coil::wait_table table{&stop, nullptr, &describe};
    gate* other_;
    int* given_back_;
};

TEST_CASE("choice: what was got without being asked, while another was won, is given back") {
    coil::manual_executor home;
    noting_owner owner;
    gate a;
    int given_back = 0;
    auto body = [&]() -> task<int> {
        auto wait = either(a.pass(), hasty(a, given_back));
        co_return co_await wait;
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(given_back == 1);
    CHECK(a.open() == 1);  // the one that was won is handed over
    home.drain();
    CHECK(h.take() == 0);
}

TEST_CASE("choice: an arm takes the choice once, and every arm knows who owns what it gets") {
    coil::manual_executor home;
    noting_owner owner;
    auto body = []() -> task<> { co_return; };
    spawned h(home, owner, body());
    coil::choice c;
    coil::arm arms[2];
    c.open(h->root_branch, arms, 2);
    gate a;
    gate::passage one = a.pass(), two = a.pass(), plain = a.pass();
    coil::choice::attach(arms[0], one);
    coil::choice::attach(arms[1], two);
    plain.attach(h->root_branch);
    CHECK(plain.takes());
    CHECK(plain.takes());
    CHECK(&plain.actor() == &h->root_branch);
    CHECK(&one.actor() == &h->root_branch);
    CHECK(one.owner() == &arms[0]);
    CHECK(one.takes());
    CHECK(one.takes());
    CHECK_FALSE(two.takes());
    h.start();
    home.drain();
}

}  // namespace
