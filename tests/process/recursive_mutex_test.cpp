// SPDX-License-Identifier: BSL-1.0
#include <coil/process/recursive_mutex.hpp>

#include "other_process.hpp"

#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace process_test;
using coil::task;
namespace process = coil::process;

TEST_CASE("a recursive mutex is locked again by its holder, and free when it was unlocked as often") {
    process::recursive_mutex m;
    const auto taken_elsewhere = [&] {
        bool taken = false;
        std::thread([&] {
            taken = m.try_lock();
            if (taken) m.unlock();
        }).join();
        return taken;
    };
    {
        const auto a = m.lock_blocking();
        const auto b = m.lock_blocking();
        CHECK(m.try_lock());
        m.unlock();
        CHECK(!taken_elsewhere());
    }
    CHECK(taken_elsewhere());
    const auto body = [&]() -> task<> {
        auto a = co_await m.lock();
        auto b = co_await m.lock();
        CHECK(!taken_elsewhere());
        a.unlock();
        CHECK(!taken_elsewhere());
        b.unlock();
        CHECK(taken_elsewhere());
    };
    coil::run(body());
}

TEST_CASE(CHILD("locks twice and waits to be killed")) {
    given objects;
    auto m = objects.take<process::recursive_mutex>();
    const auto a = m.lock_blocking();
    const auto b = m.lock_blocking();
    tell_parent('l');
    sleep_until_killed();
}

TEST_CASE("a recursive mutex whose owner dies is free, once, for who mends") {
    process::recursive_mutex m;
    other_process owner("locks twice and waits to be killed", message_of(m));
    REQUIRE(owner.hear() == 'l');
    owner.kill();
    {
        const auto g = m.recover_blocking();
        CHECK(m.mine());
        m.consistent();
    }
    CHECK(m.try_lock());
    m.unlock();
}
