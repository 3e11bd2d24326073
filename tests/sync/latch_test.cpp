// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/latch.hpp>

#include "../async/by_hand.hpp"
#include "errors.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {

using by_hand::world;
using coil::latch;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("latch: all pass when it has come to zero, and ever after") {
    world w;
    latch l{3};
    auto waits = [&]() -> task<> { co_await l.wait(); };
    auto arrives = [&]() -> task<> { co_await l.arrive_and_wait(); };
    auto a = w.run(waits()), b = w.run(arrives());
    l.count_down();
    CHECK_FALSE(l.try_wait());
    l.count_down();
    CHECK(l.try_wait());
    w.exec.drain();
    CHECK(a->value);
    CHECK(b->value);
    CHECK(w.run(waits())->value);
    CHECK(latch{0}.try_wait());
}

TEST_CASE("latch: counting below zero is reported at its line, and a negative count refused") {
    latch l{2};
    const auto error = error_of([&] { l.count_down(3); });
    CHECK_THROWS_AS(std::rethrow_exception(error), std::logic_error);
    CHECK(text_of(error).find("latch_test.cpp:") != std::string::npos);
    l.count_down(2);
    CHECK_THROWS_AS(l.count_down(), std::logic_error);
    CHECK_THROWS_AS(latch{-1}, std::invalid_argument);
    CHECK_THROWS_AS(latch{1}.count_down(-1), std::invalid_argument);
}

TEST_CASE("latch: stopped before it began, arrive_and_wait has not counted; later it has") {
    world w;
    latch l{2};
    auto arrives = [&](bool stopped) -> task<> {
        if (stopped) co_await by_hand::stop_myself();
        co_await l.arrive_and_wait();
    };
    CHECK(w.run(arrives(true))->stopped);
    auto a = w.run(arrives(false));
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    l.count_down();
    CHECK(l.try_wait());
}

TEST_CASE("latch: for a while, and as a thread") {
    world w;
    latch l{1};
    auto tries = [&]() -> task<bool> {
        const bool was = co_await l.wait_for(10ms);
        co_return was;
    };
    auto a = w.run(tries());
    w.exec.advance(10ms);
    CHECK(a->value == false);
    std::thread other([&] { l.wait_blocking(); });
    l.count_down();
    other.join();
    CHECK(w.run(tries())->value == true);
}

TEST_CASE("latch: whoever has passed may destroy it") {
    for (int round = 0; round != 500; ++round) {
        auto l = std::make_unique<latch>(1);
        std::thread other([&, at = l.get()] { at->count_down(); });
        l->wait_blocking();
        l.reset();
        other.join();
    }
}

}  // namespace
