// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/task_record.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "gates.hpp"
#include "partner.hpp"

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {

using coil::task;
using coil::task_state;

TEST_CASE("states have names") {
    CHECK(coil::to_string(task_state::created) == "created");
    CHECK(coil::to_string(task_state::ready) == "ready");
    CHECK(coil::to_string(task_state::running) == "running");
    CHECK(coil::to_string(task_state::suspended) == "suspended");
    CHECK(coil::to_string(task_state::done) == "done");
    CHECK(coil::to_string(task_state::failed) == "failed");
    CHECK(coil::to_string(task_state::cancelled) == "cancelled");
    std::ostringstream out;
    out << task_state::failed;
    CHECK(out.str() == "failed");
}

TEST_CASE("a task goes from created over ready, running and suspended to done") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    coil::task_record* self = nullptr;
    task_state inside = task_state::created;
    auto body = [&]() -> task<int> {
        inside = self->state();
        co_await g.pass();
        co_return 1;
    };
    spawned h(home, owner, body());
    self = &*h;
    CHECK(h->state() == task_state::created);
    CHECK_FALSE(h->ended());
    h.start();
    CHECK(h->state() == task_state::ready);
    home.drain();
    CHECK(inside == task_state::running);
    CHECK(h->state() == task_state::suspended);
    g.open();
    home.drain();
    CHECK(h->state() == task_state::done);
    CHECK(h->ended());
    CHECK(owner.ended_count == 1);
    CHECK_FALSE(owner.ended_with());
    CHECK(owner.last_state() == task_state::done);
    CHECK(h.take() == 1);
}

TEST_CASE("a task that throws has failed, one that is stopped is cancelled, one that throws cancelled by itself failed") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    auto waits = [&]() -> task<> { co_await g.pass(); };
    auto lies = []() -> task<> {
        throw coil::cancelled();
        co_return;
    };
    auto catches = [&]() -> task<> {
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
        }
    };
    auto changes = [&]() -> task<> {
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            throw std::runtime_error("instead");
        }
    };
    spawned a(home, owner, throws()), b(home, owner, waits()), c(home, owner, lies()), d(home, owner, catches()),
        e(home, owner, changes());
    for (auto* h : {&a, &b, &c, &d, &e}) h->start();
    home.drain();
    for (auto* h : {&b, &d, &e}) (*h)->cancel("");
    home.drain();
    CHECK(a->state() == task_state::failed);
    CHECK(b->state() == task_state::cancelled);
    CHECK(c->state() == task_state::failed);
    CHECK(d->state() == task_state::done);
    CHECK(e->state() == task_state::failed);
    CHECK_THROWS_AS(a.take(), std::runtime_error);
    CHECK_THROWS_AS(b.take(), coil::cancelled);
    CHECK_THROWS_AS(c.take(), coil::cancelled);
    CHECK_NOTHROW(d.take());
    CHECK_THROWS_AS(e.take(), std::runtime_error);
}

// ---- who

TEST_CASE("a record has its line, and a name if it is given one") {
    coil::manual_executor home;
    noting_owner owner;
    spawned h(home, owner, []() -> task<> { co_return; }());
    const unsigned line = coil::place::current().line() - 1;
    CHECK(h->spawned_at().line() == line);
    CHECK(h->name().empty());
    h->set_name("");
    CHECK(h->name().empty());
    h->set_name(std::string(100, 'n'));
    CHECK(h->name() == std::string(100, 'n'));
    CHECK(h->reason().empty());
    h.start();
    home.drain();
    CHECK(h->name() == std::string(100, 'n'));
    CHECK(h->spawned_at().line() == line);
    // what few tasks have comes later, too
    spawned late(home, owner, []() -> task<> { co_return; }());
    late->cancel("why");
    CHECK(late->spawned_at().line() == line + 14);
    CHECK(late->reason() == "why");
    CHECK(late->token().stop_requested());
    CHECK(late->name().empty());
    CHECK(late->id() > h->id());
    late.start();
    home.drain();
    CHECK(late->spawned_at().line() == line + 14);
}

TEST_CASE("a task that is queued for its first step waits for nothing, whoever comes behind it") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<> { co_await g.pass(); };
    spawned a(home, owner, body());
    spawned b(home, owner, body());
    auto looks = [&]() -> task<> {
        CHECK(waits_of(*a).empty());
        a->sweep();  // here and now: this runs at their home
        b->cancel("");
        CHECK(a->state() == task_state::ready);
        co_return;
    };
    spawned before(home, owner, looks());
    CHECK(waits_of(*a).empty());
    before.start();
    a.start();
    b.start();
    CHECK(waits_of(*a).empty());
    home.drain();
    CHECK(waits_of(*a).size() == 1);
    CHECK(b->state() == task_state::cancelled);
    g.open();
    home.drain();
    CHECK(waits_of(*a).empty());
    CHECK(a->state() == task_state::done);
}

TEST_CASE("ids differ, on however many threads tasks are made") {
    constexpr int threads = 4, each = 3000;
    std::vector<std::vector<std::uint64_t>> ids(threads);
    std::vector<std::thread> crowd;
    for (auto& own : ids) {
        crowd.emplace_back([&own] {
            coil::manual_executor home;
            noting_owner owner;
            for (int i = 0; i != each; ++i) {
                spawned h(home, owner, []() -> task<> { co_return; }());
                own.push_back(h->id());
                h.start();
                home.drain();
            }
        });
    }
    for (std::thread& t : crowd) t.join();
    std::set<std::uint64_t> all;
    for (const auto& own : ids) {
        CHECK(std::is_sorted(own.begin(), own.end()));
        all.insert(own.begin(), own.end());
    }
    CHECK(all.size() == std::size_t{threads} * each);
    CHECK(all.count(0) == 0);
}

TEST_CASE("the state is right for whoever looks from another thread, also at the end") {
    partner other;
    for (int round = 0; round != 1000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        auto throws = []() -> task<> {
            throw std::runtime_error("x");
            co_return;
        };
        spawned h(home, owner, throws());
        h.start();
        bool lied = false;
        other.together(
            [&] {
                for (;;) {
                    const task_state s = h->state();
                    if (s == task_state::done || s == task_state::cancelled) lied = true;
                    if (s >= task_state::done) return;
                }
            },
            [&] { home.drain(); });
        REQUIRE_FALSE(lied);
        CHECK_THROWS_AS(h.take(), std::runtime_error);
    }
}

// ---- join

// Waits for the end of a task, as a join handle does.
class joining final : public coil::wait {
public:
    explicit joining(coil::task_record& r) noexcept : coil::wait(table), record_(&r) {}
    bool await_ready() noexcept { return refused() || record_->ended(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return enter(h, [this] { return record_->set_joiner(*this); }) ? std::noop_coroutine() : coil::transfer(h);
    }
    void await_resume() { finish(); }

private:
    static bool stop(coil::wait& w) noexcept {
        auto& self = static_cast<joining&>(w);
        return self.record_->clear_joiner(self);
    }
    static constexpr coil::wait_table table{&stop, nullptr, [](const coil::wait&, std::string&) {}};
    coil::task_record* record_;
};

TEST_CASE("a joiner is woken by the end, at its own home, and may be taken back before") {
    coil::manual_executor home, other_home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<int> {
        co_await g.pass();
        co_return 5;
    };
    spawned h(home, owner, body());
    auto joins = [&]() -> task<bool> {
        co_await joining(*h);
        co_return coil::this_thread.here == &other_home;
    };
    spawned first(other_home, owner, joins()), second(other_home, owner, joins());
    h.start();
    home.drain();
    first.start();
    other_home.drain();
    CHECK(h->has_joiner());
    first->cancel("");
    other_home.drain();
    CHECK(first->state() == task_state::cancelled);
    CHECK_FALSE(h->has_joiner());

    second.start();
    other_home.drain();
    CHECK(h->has_joiner());
    g.open();
    home.drain();
    CHECK(h->ended());
    CHECK_FALSE(h->has_joiner());
    CHECK_FALSE(second->ended());
    other_home.drain();
    CHECK(second.take());
    CHECK(h.take() == 5);

    // an ended task takes no joiner
    gate::passage w = g.pass();
    CHECK_FALSE(h->set_joiner(w));
    CHECK_FALSE(h->clear_joiner(w));
}

TEST_CASE("a task that is never started is undone whole") {
    counted::reset();
    coil::manual_executor home;
    noting_owner owner;
    task<> t = [](counted) -> task<> { co_return; }(counted(1));
    const auto frame = t.release();
    coil::task_record* r =
        coil::task_record::make(frame.promise(), frame, home, &owner, coil::place::current());
    r->abandon();
    CHECK(counted::living == 0);
    CHECK(owner.ended_count == 0);
    CHECK_FALSE(home.step());
}

TEST_CASE("the result lives as long as its handle, and so do the arguments") {
    counted::reset();
    coil::manual_executor home;
    noting_owner owner;
    {
        spawned h(home, owner, [](counted c) -> task<counted> { co_return std::move(c); }(counted(3)));
        h.start();
        home.drain();
        CHECK(counted::living == 2);
        CHECK(h.take().value == 3);
    }
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

}  // namespace
