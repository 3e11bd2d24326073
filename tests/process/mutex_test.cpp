// SPDX-License-Identifier: BSL-1.0
#include <coil/process/mutex.hpp>

#include "other_process.hpp"
#include "stopped.hpp"
#include "told.hpp"

#include <coil/process/shared_array.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <system_error>
#include <thread>

using namespace std::chrono_literals;
using namespace process_test;
using coil::task;
namespace process = coil::process;

TEST_CASE("a mutex is locked once, by its holder alone unlocked, and misuse is told at its line") {
    process::mutex m;
    CHECK(!m.locked());
    CHECK(m.try_lock());
    CHECK(m.locked());
    CHECK(m.mine());
    CHECK(error_of([&] { (void)m.try_lock(); }) == std::error_code());
    CHECK(error_of([&] { (void)m.lock_blocking(); }) == std::errc::resource_deadlock_would_occur);
    bool elsewhere = true;
    std::error_code stranger;
    std::thread([&] {
        elsewhere = m.try_lock();
        stranger = error_of([&] { m.unlock(); });
    }).join();
    CHECK(!elsewhere);
    CHECK(stranger == std::errc::operation_not_permitted);
    m.unlock();
    CHECK(!m.locked());
    CHECK(error_of([&] { m.unlock(); }) == std::errc::operation_not_permitted);
    process::mutex_guard empty;
    CHECK(error_of([&] { empty.unlock(); }) == std::errc::operation_not_permitted);
}

TEST_CASE("a mutex that came to this process twice is one mutex") {
    process::mutex m;
    process::mutex same = again(m);
    auto g = same.lock_blocking();
    CHECK(m.locked());
    g.unlock();
    CHECK(!m.locked());
}

TEST_CASE("what is not a mutex is not taken for one") {
    process::shared_array<int> numbers{3};
    process::encoder e = message_of(numbers);
    (void)e.take_message();
    e.value(std::uint8_t{0});
    const auto bytes = e.take_message();
    process::decoder d(bytes, e.take_descriptors());
    CHECK(error_of([&] { process::mutex::decode(d); }) == std::errc::bad_message);
}

TEST_CASE("tasks and threads exclude each other by a mutex between processes") {
    process::mutex m;
    long sum = 0;
    std::thread other([&] {
        for (int i = 0; i < 2000; ++i) {
            const auto g = m.lock_blocking();
            ++sum;
        }
    });
    const auto adds = [&]() -> task<> {
        for (int i = 0; i < 1000; ++i) {
            const auto g = co_await m.lock();
            const long before = sum;
            if (i % 64 == 0) co_await coil::yield();
            sum = before + 1;
        }
    };
    const auto body = [&]() -> task<> {
        auto a = coil::spawn(adds());
        auto b = coil::spawn(adds());
        co_await a;
        co_await b;
    };
    coil::run(body());
    other.join();
    CHECK(sum == 4000);
}

TEST_CASE("a lock that waits is stopped and has locked nothing; one in time is told so") {
    process::mutex m;
    const auto body = [&]() -> task<> {
        auto held = co_await m.lock();
        const auto waits = [&]() -> task<> { const auto g = co_await m.lock(); };
        auto h = coil::spawn(waits());
        co_await coil::yield();
        co_await coil::yield();
        h.cancel();
        const bool stopped = co_await process_test::ends_stopped(h);
        CHECK(stopped);
        const auto in_time = [&]() -> task<bool> {
            const auto g = co_await m.try_lock_for(1ms);
            co_return g.has_value();
        };
        auto late = coil::spawn(in_time());
        const bool got = co_await late;
        CHECK(!got);
        held.unlock();
        auto soon = coil::spawn(in_time());
        const bool got_then = co_await soon;
        CHECK(got_then);
        CHECK(!m.locked());
    };
    coil::run(body());
}

TEST_CASE("blocking calls of a mutex are refused on a thread of coil, unless it is free") {
    process::mutex m;
    const auto body = [&]() -> task<> {
        { const auto g = m.lock_blocking(); }
        std::thread([&] { m.try_lock(); }).join();
        CHECK(error_of([&] { (void)m.lock_blocking(); }) == std::errc::resource_deadlock_would_occur);
        co_return;
    };
    coil::run(body());
}

// ---- two processes

TEST_CASE(CHILD("adds under the lock")) {
    given objects;
    auto m = objects.take<process::mutex>();
    auto numbers = objects.take<process::shared_array<long>>();
    const auto body = [&]() -> task<> {
        for (int i = 0; i < 2000; ++i) {
            const auto g = co_await m.lock();
            numbers[0] = numbers[0] + 1;
        }
    };
    coil::run(body());
}

TEST_CASE("processes exclude each other by a mutex") {
    process::mutex m;
    process::shared_array<long> numbers{1};
    other_process a("adds under the lock", message_of(m, numbers));
    other_process b("adds under the lock", message_of(m, numbers));
    for (int i = 0; i < 2000; ++i) {
        const auto g = m.lock_blocking();
        numbers[0] = numbers[0] + 1;
    }
    CHECK(a.wait() == 0);
    CHECK(b.wait() == 0);
    CHECK(numbers[0] == 6000);
}

TEST_CASE(CHILD("locks and waits to be killed")) {
    given objects;
    auto m = objects.take<process::mutex>();
    const auto g = m.lock_blocking();
    tell_parent('l');
    sleep_until_killed();
}

TEST_CASE("a task that waits for a mutex is told when the owner dies, and mends what it guards") {
    process::mutex m;
    other_process owner("locks and waits to be killed", message_of(m));
    REQUIRE(owner.hear() == 'l');
    CHECK(!m.try_lock());
    const auto body = [&]() -> task<> {
        const auto waits = [&]() -> task<> { const auto g = co_await m.lock(); };
        auto h = coil::spawn(waits());
        co_await coil::yield();
        owner.kill();
        std::error_code told;
        try {
            co_await h;
        } catch (const std::system_error& e) {
            told = e.code();
        }
        CHECK(told == std::errc::owner_dead);
        CHECK(m.owner_died());
        CHECK(error_of([&] { (void)m.try_lock(); }) == std::errc::owner_dead);
        {
            const auto half = co_await m.recover();
            CHECK(m.locked());
        }
        // not said to be mended: the next one is told too
        CHECK(error_of([&] { (void)m.lock_blocking(); }) == std::errc::owner_dead);
        {
            const auto half = co_await m.recover();
            m.consistent();
        }
        const auto g = co_await m.lock();
        CHECK(!m.owner_died());
    };
    coil::run(body());
}

TEST_CASE("a thread that waits for a mutex is told when the owner dies") {
    process::mutex m;
    other_process owner("locks and waits to be killed", message_of(m));
    REQUIRE(owner.hear() == 'l');
    std::error_code told;
    std::thread waits([&] { told = error_of([&] { (void)m.lock_blocking(); }); });
    owner.kill();
    waits.join();
    CHECK(told == std::errc::owner_dead);
    const auto g = m.recover_blocking();
    m.consistent();
}

TEST_CASE("who asks for a mutex again and again is told as well when the owner has died") {
    process::mutex m;
    other_process owner("locks and waits to be killed", message_of(m));
    REQUIRE(owner.hear() == 'l');
    CHECK(!m.try_lock());
    owner.kill();
    std::error_code told;
    while (!told) {
        told = error_of([&] { (void)m.try_lock(); });
        std::this_thread::yield();
    }
    CHECK(told == std::errc::owner_dead);
}

TEST_CASE("a forked child cannot use a mutex of its parent's, and says so") {
    process::mutex m;
    const pid_t child = ::fork();
    if (child == 0) {
        bool refused = false;
        try {
            process::mutex another;
        } catch (const std::logic_error&) {
            refused = true;
        }
        ::_exit(refused ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}
