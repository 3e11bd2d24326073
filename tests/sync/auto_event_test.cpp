// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/auto_event.hpp>

#include "../async/by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

namespace {

using by_hand::world;
using coil::auto_event;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("auto_event: each set lets one pass, the first who waits, and is kept for the next if nobody does") {
    world w;
    auto_event e;
    auto waits = [&]() -> task<> { co_await e.wait(); };
    auto a = w.run(waits()), b = w.run(waits());
    e.set();
    w.exec.drain();
    CHECK(a->value);
    CHECK_FALSE(b->ended);
    e.set();
    w.exec.drain();
    CHECK(b->value);
    e.set();
    e.set();  // twice is once
    CHECK(e.is_set());
    CHECK(w.run(waits())->value);
    CHECK_FALSE(e.is_set());
    e.set();
    e.reset();
    CHECK_FALSE(e.try_wait());
}

TEST_CASE("auto_event: a wait that is stopped, or too late, takes no set") {
    world w;
    auto_event e;
    auto waits = [&]() -> task<> { co_await e.wait(); };
    auto tries = [&]() -> task<bool> {
        const bool was = co_await e.wait_for(10ms);
        co_return was;
    };
    auto a = w.run(waits());
    auto b = w.run(tries());
    a->handle.cancel();
    w.exec.drain();
    w.exec.advance(10ms);
    CHECK(a->stopped);
    CHECK(b->value == false);
    e.set();
    CHECK(e.try_wait());
    auto c = w.run(tries());
    e.set();
    w.exec.drain();
    CHECK(c->value == true);
}

TEST_CASE("auto_event: a token goes round between two threads") {
    auto_event there, back;
    constexpr int rounds = 2000;
    int count = 0;
    std::thread other([&] {
        for (int i = 0; i != rounds; ++i) {
            there.wait_blocking();
            ++count;
            back.set();
        }
    });
    for (int i = 0; i != rounds; ++i) {
        there.set();
        back.wait_blocking();
    }
    other.join();
    CHECK(count == rounds);
}

}  // namespace
