// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/task_record.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "gates.hpp"

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

// ---- stop

TEST_CASE("a task that is stopped before its first step never runs, and destroys its arguments") {
    counted::reset();
    for (const bool before_start : {true, false}) {
        coil::manual_executor home;
        noting_owner owner;
        bool ran = false;
        auto body = [&ran](counted) -> task<int> {
            ran = true;
            co_return 1;
        };
        spawned h(home, owner, body(counted(1)));
        if (before_start) h->cancel("early");
        h.start();
        if (!before_start) h->cancel("early");
        home.drain();
        CHECK_FALSE(ran);
        CHECK(h->state() == task_state::cancelled);
        CHECK(h->reason() == "early");
        CHECK(owner.ended_count == 1);
        CHECK_FALSE(owner.ended_with());
        CHECK_THROWS_AS(h.take(), coil::cancelled);
        h.drop();
        CHECK(counted::living == 0);
    }
    CHECK(counted::mistakes == 0);
}

TEST_CASE("a stop ends the present wait, and every later one throws again") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    int caught = 0;
    auto body = [&]() -> task<> {
        for (int i = 0; i != 3; ++i) {
            try {
                co_await g.pass();
            } catch (const coil::cancelled&) {
                ++caught;
            }
        }
        co_await g.pass();
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(g.waiting() == 1);
    h->cancel("");
    CHECK(g.waiting() == 1);  // the record is not shared, and this is not its home's thread
    CHECK(home.drain() == 2);
    CHECK(caught == 3);
    CHECK(h->state() == task_state::cancelled);
    CHECK(g.stops_asked() == 1);
    h->cancel("");  // an ended task is stopped no more
    CHECK_FALSE(home.step());
}

TEST_CASE("a stop from any thread takes the waits of a shared record out of their source, and runs nothing") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    int caught = 0;
    auto body = [&]() -> task<> {
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            ++caught;
        }
    };
    spawned h(home, owner, body());
    h->share();
    h.start();
    home.drain();
    h->cancel("");
    CHECK(g.waiting() == 0);
    CHECK(caught == 0);
    CHECK(home.drain() == 1);
    CHECK(caught == 1);
}

TEST_CASE("a task may stop itself, and its siblings on the same thread leave their source at once") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto waits = [&]() -> task<> { co_await g.pass(); };
    spawned other(home, owner, waits());
    coil::task_record* self = nullptr;
    std::size_t left = 1;
    auto stops = [&]() -> task<> {
        other->cancel("");
        left = g.waiting();
        self->cancel("");
        co_await step_back();
    };
    spawned h(home, owner, stops());
    self = &*h;
    other.start();
    h.start();
    home.drain();
    CHECK(left == 0);
    CHECK(other->state() == task_state::cancelled);
    CHECK(h->state() == task_state::cancelled);
}

TEST_CASE("what had been served before the stop came keeps its result") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    std::string log;
    auto body = [&]() -> task<> {
        const int v = co_await g.pass();
        log = "passed " + std::to_string(v);
        co_await g.pass();
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    g.open();
    h->cancel("");
    home.drain();
    CHECK(log == "passed 1");
    CHECK(h->state() == task_state::cancelled);
}

TEST_CASE("a source that only its own thread may touch is asked there and nowhere else") {
    coil::manual_executor home, elsewhere;
    noting_owner owner;
    home_gate g(elsewhere);
    bool stopped = false;
    auto body = [&]() -> task<> {
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            stopped = true;
            throw;
        }
    };
    spawned h(home, owner, body());
    h->share();
    h.start();
    home.drain();
    h->cancel("");
    home.drain();
    CHECK(g.waiting() == 1);
    CHECK(g.stopped_on().empty());
    CHECK_FALSE(stopped);
    elsewhere.drain();
    CHECK(g.waiting() == 0);
    CHECK(g.stopped_on() == std::vector<coil::executor*>{&elsewhere});
    CHECK_FALSE(stopped);
    home.drain();
    CHECK(stopped);
    CHECK(h->state() == task_state::cancelled);
}

TEST_CASE("a stop that finds the wait gone by the time it arrives changes nothing") {
    coil::manual_executor home, elsewhere;
    noting_owner owner;
    home_gate g(elsewhere);
    int passed = 0;
    auto body = [&]() -> task<> {
        co_await g.pass();
        ++passed;
    };
    spawned h(home, owner, body());
    h->share();
    h.start();
    home.drain();
    h->cancel("");
    g.open();  // the source was first
    home.drain();
    CHECK(passed == 1);
    CHECK(h->ended());
    CHECK(h->state() == task_state::done);
    h.drop();
    elsewhere.drain();  // the message arrives at a record that lives by it alone
    CHECK(g.stopped_on().empty());
}

TEST_CASE("a wait that a stop can only ask ends when its source says, with its result or without") {
    for (const bool completes : {true, false}) {
        coil::manual_executor home;
        noting_owner owner;
        slow_source s;
        int result = 0;
        auto body = [&]() -> task<> { result = co_await s.begin(); };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        h->cancel("");
        home.drain();
        CHECK(s.asked() == 1);
        CHECK(h->state() == task_state::suspended);
        if (completes) s.complete(42);
        else s.interrupted();
        home.drain();
        CHECK(result == (completes ? 42 : 0));
        CHECK(h->state() == (completes ? task_state::done : task_state::cancelled));
    }
}

// Sources that end later, each on its own thread: a message to each, and none because of a message.
TEST_CASE("a stop sends one message to each thread that has to act, however long that takes") {
    coil::manual_executor home, a, b, c;
    noting_owner owner;
    slow_source sources[3] = {slow_source(&a), slow_source(&b), slow_source(&c)};
    coil::join group(coil::join::rule::each);
    coil::fork_slot slots[3];
    auto child = [](slow_source& s) -> task<> { (void)co_await s.begin(); };
    task<> children[3] = {child(sources[0]), child(sources[1]), child(sources[2])};
    // waits for three children without a combinator of coil's
    struct all {
        coil::join* group;
        coil::fork_slot* slots;
        task<>* children;
        std::coroutine_handle<coil::promise<void>> frames[3] = {};
        coil::branch* line = nullptr;
        all(coil::join& g, coil::fork_slot* s, task<>* c) : group(&g), slots(s), children(c) {}
        void attach(coil::branch& b) noexcept { line = &b; }
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            for (int i = 0; i != 3; ++i) slots[i].handle = frames[i] = children[i].release();
            return coil::transfer(group->fork(slots, 3, *line, h));
        }
        void await_resume() {
            group->close();
            for (auto f : frames) f.destroy();
        }
    };
    auto body = [&]() -> task<> { co_await all(group, slots, children); };
    spawned h(home, owner, body());
    h->share();
    h.start();
    home.drain();
    h->cancel("");
    std::size_t messages = 0;
    for (int round = 0; round != 6; ++round)
        for (coil::manual_executor* e : {&a, &b, &c, &home}) messages += e->drain();
    CHECK(messages == 3);
    for (slow_source& s : sources) {
        CHECK(s.asked() == 1);
        s.interrupted();
    }
    home.drain();
    CHECK(h->state() == task_state::done);  // its children were stopped, it was not at an await of its own
}

TEST_CASE("a stop from a foreign thread is carried home") {
    for (int round = 0; round != 50; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        home_gate g(home);
        auto body = [&]() -> task<> { co_await g.pass(); };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        std::thread other([&] { h->cancel("from elsewhere"); });
        while (!h->ended())
            if (!home.step()) std::this_thread::yield();
        other.join();
        home.drain();
        REQUIRE(h->state() == task_state::cancelled);
        REQUIRE(h->reason() == "from elsewhere");
        REQUIRE(g.stopped_on() == std::vector<coil::executor*>{&home});
    }
}

TEST_CASE("a stop while another thread serves the wait: one of them ends it, once") {
    int served = 0, stopped = 0;
    for (int round = 0; round != 3000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        gate g;
        int passed = 0, caught = 0;
        auto body = [&]() -> task<> {
            try {
                co_await g.pass();
                ++passed;
            } catch (const coil::cancelled&) {
                ++caught;
            }
        };
        spawned h(home, owner, body());
        h->share();
        h.start();
        home.drain();
        std::atomic<int> ready{0};
        std::thread opener([&] {
            ready.fetch_add(1);
            while (ready != 2) {}
            for (int i = 0; i != round % 50; ++i) coil::relax();
            g.open();
        });
        ready.fetch_add(1);
        while (ready != 2) {}
        h->cancel("");
        opener.join();
        home.drain();
        REQUIRE(h->ended());
        REQUIRE(passed + caught == 1);
        served += passed;
        stopped += caught;
    }
    CHECK(served + stopped == 3000);
}

TEST_CASE("several threads stop one task, and it is stopped once") {
    for (int round = 0; round != 200; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        gate g;
        auto body = [&]() -> task<> { co_await g.pass(); };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        std::vector<std::thread> crowd;
        for (const char* why : {"a", "b", "c"}) crowd.emplace_back([&h, why] { h->cancel(why); });
        for (std::thread& t : crowd) t.join();
        home.drain();
        REQUIRE(h->state() == task_state::cancelled);
        REQUIRE(h->reason().size() == 1);
        REQUIRE(h->stopping == 1);
        REQUIRE(g.stops_asked() == 1);
    }
}

TEST_CASE("a region below is stopped alone, and a shield keeps a stop off") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    coil::task_record* self = nullptr;
    std::string log;
    auto body = [&]() -> task<> {
        coil::branch& line = self->root_branch;
        {
            coil::region inner(line.innermost);
            line.innermost = &inner;
            try {
                co_await g.pass();
            } catch (const coil::cancelled&) {
                log += "inner ";
            }
            line.innermost = inner.outer;
            self->closed(inner);
        }
        {
            coil::region shield(line.innermost, true);
            line.innermost = &shield;
            co_await g.pass();
            log += "shielded ";
            line.innermost = shield.outer;
            self->closed(shield);
        }
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            log += "outer";
            throw;
        }
    };
    spawned h(home, owner, body());
    self = &*h;
    h.start();
    home.drain();
    CHECK(h->stop(*h->root_branch.innermost));
    CHECK_FALSE(h->stop(*h->root_branch.innermost));
    CHECK(h->stopping == 1);
    home.drain();
    CHECK(log == "inner ");
    CHECK(h->stopping == 0);
    REQUIRE(g.waiting() == 1);
    h->cancel("");
    home.drain();
    CHECK(g.waiting() == 1);  // behind the shield
    g.open();
    home.drain();
    CHECK(log == "inner shielded outer");
    CHECK(h->state() == task_state::cancelled);
}

TEST_CASE("the first reason stays") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<> { co_await g.pass(); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    h->cancel("first");
    h->cancel("second");
    CHECK(h->reason() == "first");
    home.drain();
    h->cancel("late");
    CHECK(h->reason() == "first");
}

// ---- std::stop_token

TEST_CASE("a token follows the stop of its task, asked for before or after") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<> { co_await g.pass(); };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    const std::stop_token early = h->token();
    CHECK(early.stop_possible());
    CHECK_FALSE(early.stop_requested());
    int called = 0;
    const std::stop_callback callback(early, [&called] { ++called; });
    h->cancel("");
    CHECK(early.stop_requested());
    CHECK(called == 1);
    CHECK(h->token().stop_requested());
    home.drain();

    spawned late(home, owner, body());
    late.start();
    home.drain();
    late->cancel("why");
    CHECK(late->token().stop_requested());
    home.drain();
}

TEST_CASE("a token taken while the task is being stopped is not left behind") {
    for (int round = 0; round != 1000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        gate g;
        auto body = [&]() -> task<> { co_await g.pass(); };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        std::stop_token token;
        std::atomic<int> ready{0};
        std::thread other([&] {
            ready.fetch_add(1);
            while (ready != 2) {}
            token = h->token();
        });
        ready.fetch_add(1);
        while (ready != 2) {}
        h->cancel("");
        other.join();
        REQUIRE(token.stop_requested());
        home.drain();
    }
}

// ---- errors

TEST_CASE("an error that nobody can ask for is told to the owner at the end, once") {
    coil::manual_executor home;
    noting_owner owner;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    spawned h(home, owner, throws());
    h.start();
    h.drop();
    CHECK(owner.unclaimed_count == 0);
    home.drain();
    CHECK(owner.ended_count == 1);
    CHECK(owner.unclaimed_count == 1);
    CHECK_THROWS_AS(std::rethrow_exception(owner.unclaimed_error()), std::runtime_error);
    CHECK_THROWS_AS(std::rethrow_exception(owner.ended_with()), std::runtime_error);
    CHECK(owner.kept == owner.dropped);
}

TEST_CASE("an error waits in its handle, and is told to the owner when that is dropped") {
    coil::manual_executor home;
    noting_owner owner;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    spawned h(home, owner, throws());
    h.start();
    home.drain();
    CHECK(owner.ended_count == 1);
    CHECK(owner.unclaimed_count == 0);
    CHECK(owner.kept == 1);
    CHECK(owner.dropped == 0);
    h.drop();
    CHECK(owner.unclaimed_count == 1);
    CHECK(owner.dropped == 1);
    CHECK_THROWS_AS(std::rethrow_exception(owner.unclaimed_error()), std::runtime_error);
}

TEST_CASE("an error that was taken is told to nobody else") {
    coil::manual_executor home;
    noting_owner owner;
    auto throws = []() -> task<> {
        throw std::runtime_error("x");
        co_return;
    };
    spawned h(home, owner, throws());
    h.start();
    home.drain();
    CHECK_FALSE(h->taken());
    CHECK_THROWS_AS(h.take(), std::runtime_error);
    CHECK(h->taken());
    h.drop();
    CHECK(owner.unclaimed_count == 0);
    CHECK(owner.kept == 1);
    CHECK(owner.dropped == 1);
}

TEST_CASE("a value or a stop is no error, and keeps no owner") {
    coil::manual_executor home;
    noting_owner owner;
    gate g;
    auto body = [&]() -> task<> { co_await g.pass(); };
    for (const bool stop : {false, true}) {
        spawned h(home, owner, body());
        h.start();
        home.drain();
        if (stop) h->cancel("");
        else g.open();
        home.drain();
        CHECK(h->ended());
    }
    CHECK(owner.ended_count == 2);
    CHECK(owner.unclaimed_count == 0);
    CHECK(owner.kept == 0);
}

TEST_CASE("the handle is dropped on one thread while the task fails on another: told once") {
    for (int round = 0; round != 2000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        auto throws = []() -> task<> {
            throw std::runtime_error("x");
            co_return;
        };
        spawned h(home, owner, throws());
        h.start();
        std::atomic<int> ready{0};
        std::thread other([&] {
            ready.fetch_add(1);
            while (ready != 2) {}
            h.drop();
        });
        ready.fetch_add(1);
        while (ready != 2) {}
        home.drain();
        other.join();
        REQUIRE(owner.unclaimed_count == 1);
        REQUIRE(owner.ended_count == 1);
        REQUIRE(owner.kept == owner.dropped);
    }
}

TEST_CASE("the state is right for whoever looks from another thread, also at the end") {
    for (int round = 0; round != 2000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        auto throws = []() -> task<> {
            throw std::runtime_error("x");
            co_return;
        };
        spawned h(home, owner, throws());
        h.start();
        std::atomic<bool> ready{false};
        bool lied = false;
        std::thread other([&] {
            ready = true;
            for (;;) {
                const task_state s = h->state();
                if (s == task_state::done || s == task_state::cancelled) lied = true;
                if (s >= task_state::done) return;
            }
        });
        while (!ready) {}
        home.drain();
        other.join();
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
