// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/wait_list.hpp>

#include "../async/by_hand.hpp"
#include "../coro/partner.hpp"
#include "lines.hpp"

#include <coil/runtime/coro/wait_reading.hpp>
#include <coil/sync/event.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::task;

TEST_CASE("a line serves first in, first out, and not before all that the first one wants is there") {
    world w;
    turnstile t;
    std::vector<int> order;
    auto body = [&](int i, std::uint64_t wanted) -> task<> {
        co_await t.pass(wanted);
        order.push_back(i);
    };
    auto a = w.run(body(0, 1)), b = w.run(body(1, 5)), c = w.run(body(2, 1));
    t.admit(1);
    w.exec.drain();
    CHECK(order == std::vector{0});
    t.admit(4);  // enough for the last one, who must not overtake
    w.exec.drain();
    CHECK(order == std::vector{0});
    t.admit(2);
    w.exec.drain();
    CHECK(order == std::vector{0, 1, 2});
    CHECK(t.free() == 0);
}

TEST_CASE("what can be had at once suspends nobody") {
    world w;
    turnstile t;
    t.admit(2);
    auto body = [&]() -> task<> {
        co_await t.pass();
        co_await t.pass();
    };
    auto r = w.start(body());
    w.exec.step();
    CHECK(r->ended);
    CHECK(t.line().statistics().hand_overs == 0);
}

TEST_CASE("who leaves the line lets those behind him pass") {
    world w;
    turnstile t;
    t.admit(2);
    auto big = [&]() -> task<> { co_await t.pass(3); };
    auto small = [&]() -> task<> { co_await t.pass(2); };
    auto a = w.run(big()), b = w.run(small());
    CHECK_FALSE(b->ended);
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    CHECK(b->value);
}

TEST_CASE("nobody is resumed inside the call that grants") {
    world w;
    turnstile t;
    bool inside = false, resumed_inside = false;
    auto waits = [&]() -> task<> {
        co_await t.pass();
        resumed_inside = inside;
    };
    auto admits = [&]() -> task<> {
        inside = true;
        t.admit(1);
        inside = false;
        co_return;
    };
    auto a = w.run(waits()), b = w.run(admits());
    CHECK(a->value);
    CHECK_FALSE(resumed_inside);
}

TEST_CASE("statistics tell who waits, what was handed over, and the longest line") {
    world w;
    turnstile t;
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    auto body = [&]() -> task<> { co_await t.pass(); };
    for (int i = 0; i != 5; ++i) all.push_back(w.run(body()));
    t.admit(2);
    w.exec.drain();
    all.push_back(w.run(body()));
    const coil::wait_statistics s = t.line().statistics();
    CHECK(s.waiters == 4);
    CHECK(s.hand_overs == 2);
    CHECK(s.longest_queue == 5);
    all.back()->handle.cancel();  // who gives up was given nothing
    w.exec.drain();
    CHECK(t.line().statistics().waiters == 3);
    CHECK(t.line().statistics().hand_overs == 2);
    t.admit(3);
    w.exec.drain();
}

TEST_CASE("grant_all grants those who wait at that moment, however many") {
    world w;
    turnstile t;
    constexpr int count = 3500;
    int passed = 0;
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    auto body = [&]() -> task<> {
        for (;;) {
            co_await t.pass();
            ++passed;
        }
    };
    for (int i = 0; i != count; ++i) all.push_back(w.run(body()));
    CHECK(t.line().grant_all() == count);
    w.exec.drain();
    CHECK(passed == count);
    for (auto& r : all) r->handle.cancel();
    w.exec.drain();
    CHECK(t.line().statistics().waiters == 0);
}

TEST_CASE("destroying a line with waiters is reported, and ends their waits with an error at their line") {
    const heard log;
    world w;
    auto t = std::make_unique<turnstile>();
    auto body = [&]() -> task<> { co_await t->pass(); };
    auto a = w.run(body()), b = w.run(body());
    t.reset();
    w.exec.drain();
    CHECK(a->failed_with<std::logic_error>());
    CHECK(b->failed_with<std::logic_error>());
    CHECK(a->what().find("wait_list_test.cpp:") != std::string::npos);
    CHECK(a->what().find("the turnstile that this waited for was destroyed") != std::string::npos);
    REQUIRE(heard::all().size() == 1);
    CHECK(heard::all()[0] == "a turnstile was destroyed while 2 were waiting for it; their waits end with an error");
}

TEST_CASE("destroying a line that nobody waits in says nothing") {
    const heard log;
    world w;
    auto t = std::make_unique<turnstile>();
    auto body = [&]() -> task<> {
        coil::this_thread.current->root->share();  // so that a stop ends the wait at once
        co_await t->pass();
    };
    auto a = w.run(body()), b = w.run(body());
    a->handle.cancel();
    t->admit(1);
    t.reset();  // both were told, and neither has run yet
    w.exec.drain();
    CHECK(a->stopped);
    CHECK(b->value);
    CHECK(heard::all().empty());
}

TEST_CASE("who was granted keeps it though he is stopped before he runs; who was stopped first is passed by") {
    world w;
    turnstile t;
    auto body = [&]() -> task<> {
        coil::this_thread.current->root->share();
        co_await t.pass();
    };
    auto a = w.run(body()), b = w.run(body());
    t.admit(1);
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->value);
    CHECK_FALSE(b->ended);
    b->handle.cancel();
    t.admit(1);
    w.exec.drain();
    CHECK(b->stopped);
    CHECK(t.free() == 1);
}

// The one who waits is stopped at the very moment at which he is given something: he has it, or it is still there.
TEST_CASE("a permit is neither lost nor doubled when its receiver is stopped at the moment of the grant") {
    partner other;
    for (unsigned round = 0; round != 3000; ++round) {
        world w;
        turnstile t;
        auto body = [&]() -> task<> {
            coil::this_thread.current->root->share();  // so that a stop ends the wait on whatever thread it comes from
            co_await t.pass();
        };
        auto first = w.run(body()), second = w.run(body());
        other.together(
            [&] {
                partner::linger(round);
                t.admit(1);
            },
            [&] {
                partner::linger(round / 64);
                first->handle.cancel();
                w.exec.drain();
            });
        w.exec.drain();
        REQUIRE(first->ended);
        REQUIRE(static_cast<bool>(first->value) != first->stopped);
        // exactly one of the two has it
        REQUIRE(static_cast<bool>(first->value) != static_cast<bool>(second->value));
        if (!second->value) t.admit(1);
        w.exec.drain();
        REQUIRE(second->value);
        REQUIRE(t.free() == 0);
    }
}

// A stop that has won its claim is still on its way to the line: the line's end waits for it.
TEST_CASE("a line may die while its last waiter is being stopped") {
    partner other;
    for (unsigned round = 0; round != 1000; ++round) {
        world w;
        auto t = std::make_unique<turnstile>();
        auto body = [&]() -> task<> {
            coil::this_thread.current->root->share();  // so that a stop ends the wait on whatever thread it comes from
            co_await t->pass();
        };
        const heard log;
        auto r = w.run(body());
        other.together(
            [&] {
                partner::linger(round);
                r->handle.cancel();
            },
            [&] {
                partner::linger(round / 64);
                t.reset();
            });
        w.exec.drain();
        REQUIRE(r->ended);
        REQUIRE((r->stopped || r->failed_with<std::logic_error>()));
    }
}

TEST_CASE("wait_list: it does not die while a report looks at those who wait") {
    auto e = std::make_unique<coil::event>();
    std::atomic<bool> begins{false}, gone{false};
    std::thread destroys;
    {
        const coil::wait_reading looking;
        destroys = std::thread([&] {
            begins = true;
            e.reset();
            gone = true;
        });
        while (!begins) std::this_thread::yield();
        for (int i = 0; i != 10'000; ++i) std::this_thread::yield();  // were it to die, it would by now
        CHECK_FALSE(gone);
    }
    destroys.join();
    CHECK(gone);
}

}  // namespace
