// SPDX-License-Identifier: BSL-1.0
// Stops of spawned tasks: which waits they end, on which thread, and how often.
#include <coil/runtime/coro/task_record.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "gates.hpp"
#include "partner.hpp"

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/join.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace {

using coil::task;
using coil::task_state;

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
    constexpr unsigned rounds = 2000;
    partner other;
    for (unsigned round = 0; round != rounds; ++round) {
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
        other.together(
            [&] {
                partner::linger(round);
                g.open();
            },
            [&] {
                partner::linger(round / 64);
                h->cancel("");
            });
        home.drain();
        REQUIRE(h->ended());
        REQUIRE(passed + caught == 1);
        served += passed;
        stopped += caught;
    }
    CHECK(served + stopped == rounds);
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
    partner other;
    for (unsigned round = 0; round != 1000; ++round) {
        coil::manual_executor home;
        noting_owner owner;
        gate g;
        auto body = [&]() -> task<> { co_await g.pass(); };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        std::stop_token token;
        other.together([&] { token = h->token(); },
                       [&] {
                           partner::linger(round);
                           h->cancel("");
                       });
        REQUIRE(token.stop_requested());
        home.drain();
    }
}

}  // namespace
