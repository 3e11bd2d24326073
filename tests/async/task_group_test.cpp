// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/task_group.hpp>

#include <coil/runtime/async/sleep.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

using namespace std::chrono_literals;

namespace {
coil::task<> waits() { co_await coil::sleep_for(1h); }
struct group {
    by_hand::world w;
    coil::join_handle<> spawn(coil::task<> t, bool daemon = false) {
        return coil::spawn_task(std::move(t), {.daemon = daemon}, coil::place::current(), &w.exec, &w.owner);
    }
};
}  // namespace

TEST_CASE("it counts tasks and daemons apart, from the spawn to the end") {
    group g;
    auto a = g.spawn(waits()), b = g.spawn(waits(), true);
    CHECK(g.w.owner.tasks() == 1);
    CHECK(g.w.owner.daemons() == 1);
    g.w.exec.drain();
    b.cancel();
    g.w.exec.drain();
    CHECK(g.w.owner.daemons() == 0);
    CHECK(g.w.owner.tasks() == 1);
    g.w.owner.stop("over");
    g.w.exec.drain();
    CHECK(g.w.owner.tasks() == 0);
    CHECK(a.state() == coil::task_state::cancelled);
}

TEST_CASE("stopping the daemons leaves the others alone") {
    group g;
    auto a = g.spawn(waits()), b = g.spawn(waits(), true), c = g.spawn(waits(), true);
    g.w.exec.drain();
    g.w.owner.stop_daemons("the run has ended");
    g.w.exec.drain();
    CHECK(b.done());
    CHECK(c.done());
    CHECK(!a.done());
    CHECK(!g.w.owner.stopped());
    g.w.owner.stop("over");
    g.w.exec.drain();
}

TEST_CASE("a task that comes to a stopped group never begins") {
    group g;
    g.w.owner.stop("closed");
    CHECK(g.w.owner.stopped());
    bool begun = false;
    auto work = [&]() -> coil::task<> {
        begun = true;
        co_return;
    };
    auto late = g.spawn(work());
    g.w.exec.drain();
    CHECK(late.state() == coil::task_state::cancelled);
    CHECK(!begun);
}

TEST_CASE("each task is seen, stopped or not") {
    group g;
    std::vector<coil::join_handle<>> handles;
    for (int i = 0; i != 5; ++i) handles.push_back(g.spawn(waits()));
    g.w.exec.drain();
    int seen = 0;
    auto count = [](coil::task_record&, void* n) { ++*static_cast<int*>(n); };
    g.w.owner.each(count, &seen);
    CHECK(seen == 5);
    g.w.owner.stop("over");
    g.w.owner.each(count, &seen);
    CHECK(seen == 10);
    g.w.exec.drain();
    g.w.owner.each(count, &seen);
    CHECK(seen == 10);
}
