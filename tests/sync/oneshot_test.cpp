// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/oneshot.hpp>

#include "../coro/by_hand.hpp"
#include "said.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

namespace {

using coil::oneshot;
using coil::task;
using namespace std::chrono_literals;

task<int> gets(oneshot<std::unique_ptr<int>>& o) {
    const std::unique_ptr<int> v = co_await o.get();
    co_return *v;
}

TEST_CASE("oneshot: the value comes to who waits, and to who comes later") {
    coil::manual_executor home;
    noting_owner owner;
    oneshot<std::unique_ptr<int>> early, late;
    late.set(std::make_unique<int>(2));
    CHECK(late.is_set());
    CHECK(run_by_hand(gets(late)) == 2);
    spawned h(home, owner, gets(early));
    h.start();
    home.drain();
    early.set(std::make_unique<int>(1));
    CHECK_FALSE(h->ended());
    home.drain();
    CHECK(h.take() == 1);
}

TEST_CASE("oneshot: misuse is reported at its line") {
    coil::manual_executor home;
    noting_owner owner;
    oneshot<int> o;
    auto body = [&]() -> task<int> { co_return co_await o.get(); };
    {
        spawned first(home, owner, body());
        first.start();
        home.drain();
        CHECK(said([&] { run_by_hand(body()); }).find("somebody waits") != std::string::npos);
        o.set(1);
        home.drain();
    }
    CHECK(said([&] { o.set(2); }).find("oneshot_test.cpp") != std::string::npos);
    CHECK(said([&] { (void)o.get_blocking(); }).find("was got before") != std::string::npos);
}

TEST_CASE("oneshot: a getter that is stopped or late leaves the value to the next") {
    coil::manual_executor home;
    noting_owner owner;
    oneshot<int> o;
    auto body = [&]() -> task<int> { co_return co_await o.get(); };
    auto for_a_while = [&]() -> task<int> {
        const std::optional<int> v = co_await o.get_for(10ms);
        co_return v.value_or(-1);
    };
    {
        spawned stopped(home, owner, body());
        stopped.start();
        home.drain();
        stopped->cancel("no");
        home.drain();
        CHECK(stopped->state() == coil::task_state::cancelled);
    }
    spawned late(home, owner, for_a_while());
    late.start();
    home.drain();
    home.advance(10ms);
    CHECK(late.take() == -1);
    CHECK_FALSE(o.try_get().has_value());
    o.set(5);
    CHECK(o.try_get() == 5);
}

TEST_CASE("oneshot: a plain thread waits asleep") {
    for (int i = 0; i != 200; ++i) {
        oneshot<int> o;
        std::thread setter([&] { o.set(i); });
        CHECK(o.get_blocking() == i);
        setter.join();
    }
}

}  // namespace
