// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/once.hpp>

#include "../async/by_hand.hpp"
#include "errors.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace {

using by_hand::world;
using coil::once;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("once: called once, and who comes meanwhile waits for it") {
    world w;
    once o;
    int calls = 0;
    auto asks = [&]() -> task<> {
        co_await o.call([&]() -> task<> {
            ++calls;
            co_await coil::sleep_for(1s);
        });
        CHECK(o.done());
    };
    auto a = w.run(asks()), b = w.run(asks());
    CHECK_FALSE(b->ended);
    w.exec.advance(1s);
    CHECK(a->value);
    CHECK(b->value);
    CHECK(calls == 1);
    auto plain = [&]() -> task<> { co_await o.call([&] { ++calls; }); };
    CHECK(w.run(plain())->value);
    CHECK(calls == 1);
}

TEST_CASE("once: a call that fails, or is stopped, has not happened, and the next one who asks tries") {
    world w;
    once o;
    int calls = 0;
    auto asks = [&](bool fails) -> task<> {
        co_await o.call([&, fails]() -> task<> {
            ++calls;
            co_await coil::sleep_for(1s);
            if (fails) throw std::out_of_range("failed");
        });
    };
    auto a = w.run(asks(true)), b = w.run(asks(false)), c = w.run(asks(false));
    w.exec.advance(1s);
    CHECK(a->what() == "failed");
    CHECK_FALSE(o.done());
    CHECK(calls == 2);
    b->handle.cancel();
    w.exec.drain();
    CHECK(b->stopped);
    CHECK(calls == 3);
    w.exec.advance(1s);
    CHECK(c->value);
    CHECK(o.done());
}

TEST_CASE("once: stopped before, it does not call; done or not") {
    world w;
    once o;
    int calls = 0;
    auto asks = [&]() -> task<> {
        co_await by_hand::stop_myself();
        co_await o.call([&] { ++calls; });
    };
    CHECK(w.run(asks())->stopped);
    CHECK(calls == 0);
    o.call_blocking([&] { ++calls; });
    CHECK(w.run(asks())->stopped);
    CHECK(calls == 1);
}

TEST_CASE("once: one that asks for itself is told") {
    world w;
    once o;
    auto again = [&]() -> task<> { co_await o.call([] {}); };
    auto asks = [&]() -> task<> { co_await o.call(again); };
    const auto error = w.run(asks())->error;
    CHECK_MISUSE(error, std::errc::resource_deadlock_would_occur, "once_test.cpp:");
    CHECK(text_of(error).find("called once asks for itself") != std::string::npos);
    auto once_more = [&] { o.call_blocking([] {}); };
    CHECK_MISUSE(error_of([&] { o.call_blocking(once_more); }), std::errc::resource_deadlock_would_occur, "once_test.cpp:");
}

TEST_CASE("once: of many threads one calls") {
    for (int round = 0; round != 100; ++round) {
        once o;
        std::atomic<int> calls{0};
        auto asks = [&] { o.call_blocking([&] { ++calls; }); };
        std::thread other(asks);
        asks();
        other.join();
        REQUIRE(calls == 1);
    }
}

}  // namespace
