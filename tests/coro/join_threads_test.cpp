// SPDX-License-Identifier: BSL-1.0
// Joins whose children run on several threads, or end on another one than they began on.
#include <coil/runtime/coro/join.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "forked.hpp"
#include "gates.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using coil::task;
using rule = coil::join::rule;

task<int> tree(int depth, std::atomic<int>& leaves) {
    if (depth == 0) {
        leaves.fetch_add(1, std::memory_order_relaxed);
        co_return 1;
    }
    const fork_end end = co_await forked(rule::all, children(tree(depth - 1, leaves), tree(depth - 1, leaves),
                                                             tree(depth - 1, leaves)));
    int sum = 0;
    for (const child_end& c : end.children) sum += c.value;
    co_return sum;
}

void wait_for(noting_owner& owner, int ended) {
    while (owner.ended_count != ended) std::this_thread::yield();
}

TEST_CASE("a tree of children on several threads: each runs once, all sums are right") {
    crew threads(3);
    noting_owner owner;
    std::atomic<int> leaves{0};
    {
        spawned h(threads, owner, tree(7, leaves));
        h.start();
        wait_for(owner, 1);
        CHECK(h.take() == 2187);
    }
    CHECK(leaves == 2187);
}

TEST_CASE("children that wait and hop between threads meet again") {
    crew threads(2);
    noting_owner owner;
    auto hops = [](int times) -> task<int> {
        for (int i = 0; i != times; ++i) co_await step_back();
        co_return times;
    };
    auto body = [&]() -> task<int> {
        int sum = 0;
        for (int round = 0; round != 500; ++round) {
            const fork_end end =
                co_await forked(rule::all, children(hops(round % 3), hops(1), hops((round + 1) % 3), hops(0)));
            for (const child_end& c : end.children) sum += c.value;
        }
        co_return sum;
    };
    spawned h(threads, owner, body());
    h.start();
    wait_for(owner, 1);
    int expected = 0;
    for (int round = 0; round != 500; ++round) expected += round % 3 + 1 + (round + 1) % 3;
    CHECK(h.take() == expected);
}

TEST_CASE("failures in a tree on several threads stop what they should, and every frame dies") {
    counted::reset();
    {
        crew threads(3);
        noting_owner owner;
        struct recursion {
            static task<int> descend(int depth, unsigned seed, counted) {
                if (depth == 0) {
                    if (seed % 7 == 0) throw std::runtime_error("leaf");
                    if (seed % 5 == 0) co_await step_back();
                    co_return 1;
                }
                std::vector<task<int>> below;
                for (unsigned i = 0; i != 3; ++i)
                    below.push_back(descend(depth - 1, seed * 3 + i + 1, counted(depth)));
                const fork_end end = co_await forked(seed % 2 ? rule::all : rule::any, std::move(below));
                int sum = 0;
                for (const child_end& c : end.children) sum += c.value;
                co_return sum;
            }
        };
        for (unsigned round = 0; round != 100; ++round) {
            spawned h(threads, owner, recursion::descend(4, round, counted(5)));
            h.start();
            wait_for(owner, static_cast<int>(round) + 1);
            CHECK(h.take() >= 0);
        }
    }
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("a stop comes in while children are forked, stolen and served on several threads") {
    std::atomic<int> begun{0}, ended{0};
    crew threads(2);
    for (int round = 0; round != 300; ++round) {
        noting_owner owner;
        gate g;
        auto leaf = [&]() -> task<int> {
            begun.fetch_add(1);
            struct guard {
                std::atomic<int>* count;
                ~guard() { count->fetch_add(1); }
            } const end{&ended};
            co_await g.pass();
            co_return 1;
        };
        auto body = [&]() -> task<int> {
            for (;;) {
                const fork_end end = co_await forked(rule::all, children(leaf(), leaf(), leaf()));
                co_await ready_at_once();
                (void)end;
            }
        };
        spawned h(threads, owner, body());
        h.start();
        for (int i = 0; i != round % 20; ++i) g.open();
        h->cancel("");
        while (!h->ended()) {
            g.open();
            std::this_thread::yield();
        }
        wait_for(owner, 1);
        CHECK(h->state() == coil::task_state::cancelled);
    }
    CHECK(begun == ended);
}

// Runs what is posted on another thread, and to its end before the post is over: the worst that can happen to a poster.
class at_once final : public coil::executor {
public:
    at_once() : executor(true) {}
    void post(coil::node& n) noexcept override {
        std::thread other([this, &n] {
            coil::this_thread.here = this;
            coil::run_node(n);
        });
        other.join();
    }
    void post(coil::node_list&& batch) noexcept override {
        while (coil::node* n = batch.pop_front()) post(*n);
    }
    void arm(coil::timer_ref) noexcept override {}
    bool disarm(coil::timer_ref) noexcept override { return true; }
    coil::time_point now() noexcept override { return {}; }
    bool wants_turn() noexcept override { return false; }
};

// At some moments the end of a child coincides with a look of the resumer at the chain; the parent is gone by then.
TEST_CASE("the last child may be overtaken by its parent's end") {
    for (int length = 2030; length != 2060; ++length) {
        at_once home;
        coil::manual_executor elsewhere;
        noting_owner owner;
        auto instant = []() -> task<int> { co_return 1; };
        auto child = [&]() -> task<int> {
            co_await move_to(elsewhere);
            int sum = 0;
            for (int i = 0; i != length; ++i) sum += co_await instant();
            co_return sum;
        };
        auto body = [&]() -> task<int> {
            const fork_end end = co_await forked(rule::all, children(child()));
            co_return end.children[0].value;
        };
        spawned h(home, owner, body());
        h.start();
        elsewhere.drain();
        REQUIRE(h->ended());
        REQUIRE(h.take() == length);
    }
}

}  // namespace
