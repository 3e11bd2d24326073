// SPDX-License-Identifier: BSL-1.0
#include <coil/process/semaphore.hpp>

#include "other_process.hpp"

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using namespace process_test;
using coil::task;
namespace process = coil::process;

TEST_CASE("a semaphore has so many permits, and they come back with their objects") {
    process::semaphore s{2};
    CHECK(s.available() == 2);
    {
        auto a = s.try_acquire();
        auto b = s.try_acquire();
        CHECK(a.has_value());
        CHECK(b.has_value());
        CHECK(!s.try_acquire().has_value());
        b->release();
        CHECK(s.available() == 1);
    }
    CHECK(s.available() == 2);
    s.release(3);
    CHECK(s.available() == 5);
    auto kept = s.acquire_blocking();
    kept.detach();
    CHECK(s.available() == 4);
    CHECK_THROWS_AS(process::semaphore{-1}, std::invalid_argument);
    process::semaphore none{0};
    CHECK(!none.try_acquire().has_value());
}

TEST_CASE("a bounded semaphore tells who releases too often") {
    process::bounded_semaphore s{1};
    CHECK_THROWS_AS(s.release(), std::logic_error);
    {
        auto p = s.try_acquire();
        CHECK_THROWS_AS(s.release(), std::logic_error);
        p->detach();
    }
    s.release();
    CHECK(s.available() == 1);
    CHECK_THROWS_AS(s.release(), std::logic_error);
}

TEST_CASE("tasks wait for a permit, are stopped, and come in as permits are given back") {
    process::semaphore s{1};
    int inside = 0, most = 0, done = 0;
    const auto works = [&]() -> task<> {
        const auto p = co_await s.acquire();
        most = std::max(most, ++inside);
        co_await coil::yield();
        --inside;
        ++done;
    };
    const auto body = [&]() -> task<> {
        auto held = co_await s.acquire();
        auto stopped = coil::spawn(works());
        co_await coil::yield();
        stopped.cancel();
        bool was = false;
        try {
            co_await stopped;
        } catch (const coil::cancelled&) {
            was = true;
        }
        CHECK(was);
        const auto waits = [&]() -> task<bool> {
            const auto p = co_await s.acquire_for(1ms);
            co_return p.has_value();
        };
        auto late = coil::spawn(waits());
        const bool got = co_await late;
        CHECK(!got);
        auto a = coil::spawn(works());
        auto b = coil::spawn(works());
        auto c = coil::spawn(works());
        co_await coil::yield();
        CHECK(done == 0);
        held.release();
        co_await a;
        co_await b;
        co_await c;
    };
    coil::run(body());
    CHECK(done == 3);
    CHECK(most == 1);
    CHECK(s.available() == 1);
}

TEST_CASE(CHILD("takes two permits and waits to be killed")) {
    given objects;
    auto s = objects.take<process::semaphore>();
    const auto a = s.acquire_blocking();
    const auto b = s.acquire_blocking();
    tell_parent('p');
    sleep_until_killed();
}

TEST_CASE("the permits of a process that dies come back, and who waits for them gets one") {
    process::semaphore s{2};
    other_process other("takes two permits and waits to be killed", message_of(s));
    REQUIRE(other.hear() == 'p');
    CHECK(s.available() == 0);
    CHECK(!s.try_acquire().has_value());
    const auto body = [&]() -> task<> {
        const auto waits = [&]() -> task<> { const auto p = co_await s.acquire(); };
        auto h = coil::spawn(waits());
        co_await coil::yield();
        other.kill();
        co_await h;
    };
    coil::run(body());
    CHECK(s.available() == 2);
}
