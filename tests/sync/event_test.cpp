// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/event.hpp>

#include "../async/by_hand.hpp"
#include "lines.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::event;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("event: all pass who wait when it is set, in order, and all who come while it is; reset shuts it") {
    world w;
    event e;
    std::vector<int> order;
    auto waits = [&](int i) -> task<> {
        co_await e.wait();
        order.push_back(i);
    };
    auto a = w.run(waits(0)), b = w.run(waits(1));
    CHECK_FALSE(e.is_set());
    e.set();
    CHECK(order.empty());
    w.exec.drain();
    CHECK(order == std::vector{0, 1});
    auto c = w.start(waits(2));
    w.exec.step();
    CHECK(c->value);
    e.set();
    e.reset();
    auto d = w.run(waits(3));
    CHECK_FALSE(d->ended);
    e.set();
    e.reset();  // at once: who waited when it was set passes
    w.exec.drain();
    CHECK(d->value);
    CHECK_FALSE(e.is_set());
    CHECK(e.statistics().hand_overs == 3);
}

TEST_CASE("event: for a while; a stop leaves") {
    world w;
    event e;
    auto tries = [&]() -> task<bool> {
        const bool was = co_await e.wait_for(10ms);
        co_return was;
    };
    auto a = w.run(tries()), b = w.run(tries());
    b->handle.cancel();
    w.exec.drain();
    CHECK(b->stopped);
    w.exec.advance(10ms);
    CHECK(a->value == false);
    e.set();
    CHECK(w.run(tries())->value == true);
}

TEST_CASE("event: a thread waits for what a coroutine sets, and the other way round") {
    world w;
    event there, back(false);
    std::thread other([&] {
        there.wait_blocking();
        back.set();
    });
    auto body = [&]() -> task<> {
        there.set();
        co_await back.wait();
    };
    auto r = w.start(body());
    while (!r->ended) {
        w.exec.drain();
        std::this_thread::yield();
    }
    other.join();
    CHECK(r->value);
    CHECK(event(true).is_set());
}

TEST_CASE("event: destroying it with waiters is reported") {
    const heard log;
    world w;
    auto e = std::make_unique<event>();
    auto waits = [&]() -> task<> { co_await e->wait(); };
    auto a = w.run(waits());
    e.reset();
    w.exec.drain();
    CHECK(a->failed_with<std::logic_error>());
    CHECK(heard::all().size() == 1);
}

}  // namespace
