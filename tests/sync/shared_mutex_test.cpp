// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/shared_mutex.hpp>

#include "../async/by_hand.hpp"
#include "errors.hpp"
#include "lines.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::shared_mutex;
using coil::task;
using namespace std::chrono_literals;

struct house {
    world w;
    shared_mutex m;
    std::string story;
    task<> reads(char name) {
        auto g = co_await m.lock_shared();
        story += name;
        co_await coil::yield();
        story += name;
    }
    task<> writes(char name) {
        auto g = co_await m.lock();
        story += name;
        co_await coil::yield();
        story += name;
    }
};

TEST_CASE("shared_mutex: readers are together, writers alone, in the order in which they came") {
    house h;
    auto a = h.w.start(h.reads('a')), b = h.w.start(h.reads('b')), x = h.w.start(h.writes('X')),
         c = h.w.start(h.reads('c')), d = h.w.start(h.reads('d')), y = h.w.start(h.writes('Y'));
    h.w.exec.drain();
    CHECK(h.story == "ababXXcdcdYY");
    CHECK_FALSE(h.m.locked());
    CHECK(h.m.readers() == 0);
}

TEST_CASE("shared_mutex: a writer is not starved by readers that keep coming") {
    house h;
    REQUIRE(h.m.try_lock_shared());
    auto x = h.w.run(h.writes('X'));
    auto a = h.w.run(h.reads('a'));
    CHECK(h.story.empty());
    CHECK_FALSE(h.m.try_lock_shared());
    h.m.unlock_shared();
    h.w.exec.drain();
    CHECK(h.story == "XXaa");
}

TEST_CASE("shared_mutex: a writer that gives up lets the readers behind it in") {
    house h;
    REQUIRE(h.m.try_lock_shared());
    auto x = h.w.run(h.writes('X'));
    auto a = h.w.run(h.reads('a'));
    x->handle.cancel();
    h.w.exec.drain();
    CHECK(x->stopped);
    CHECK(a->value);
    CHECK(h.m.readers() == 1);
    h.m.unlock_shared();
    CHECK(h.m.try_lock());
    h.m.unlock();
}

TEST_CASE("shared_mutex: misuse is reported at its line") {
    house h;
    CHECK_MISUSE(error_of([&] { h.m.unlock(); }), std::errc::operation_not_permitted, "shared_mutex_test.cpp:");
    CHECK(text_of(error_of([&] { h.m.unlock(); })).find("is not locked for writing") != std::string::npos);
    CHECK_MISUSE(error_of([&] { h.m.unlock_shared(); }), std::errc::operation_not_permitted, "shared_mutex_test.cpp:");
    auto holds = [&]() -> task<> {
        auto g = co_await h.m.lock();
        co_await coil::sleep_for(1s);
    };
    auto twice = [&](bool shared) -> task<> {
        auto g = co_await h.m.lock();
        if (shared) {
            auto again = co_await h.m.lock_shared();
        } else {
            auto again = co_await h.m.lock();
        }
    };
    auto a = h.w.run(holds());
    CHECK_MISUSE(error_of([&] { h.m.unlock(); }), std::errc::operation_not_permitted, "shared_mutex_test.cpp:");
    h.w.exec.advance(1s);
    CHECK(a->value);
    CHECK_MISUSE(h.w.run(twice(true))->error, std::errc::resource_deadlock_would_occur, "shared_mutex_test.cpp:");
    CHECK_MISUSE(h.w.run(twice(false))->error, std::errc::resource_deadlock_would_occur, "shared_mutex_test.cpp:");
    CHECK(text_of(h.w.run(twice(false))->error).find("this branch holds") != std::string::npos);
    const auto thread_twice = error_of([&] {
        const auto g = h.m.lock_blocking();
        (void)h.m.lock_shared_blocking();
    });
    CHECK_MISUSE(thread_twice, std::errc::resource_deadlock_would_occur, "shared_mutex_test.cpp:");
    CHECK(text_of(thread_twice).find("this thread holds") != std::string::npos);
    CHECK_FALSE(h.m.locked());
}

TEST_CASE("shared_mutex: for a while, either way") {
    house h;
    REQUIRE(h.m.try_lock());
    auto tries = [&](bool shared) -> task<bool> {
        bool got = false;
        if (shared) got = co_await h.m.try_lock_shared_for(10ms);
        else got = co_await h.m.try_lock_for(10ms);
        co_return got;
    };
    auto a = h.w.run(tries(true)), b = h.w.run(tries(false));
    h.w.exec.advance(10ms);
    CHECK(a->value == false);
    CHECK(b->value == false);
    h.m.unlock();
    CHECK(h.w.run(tries(true))->value == true);
    h.m.unlock_shared();
}

TEST_CASE("shared_mutex: threads and coroutines, never a writer beside anybody") {
    shared_mutex m;
    std::atomic<int> readers{0}, writers{0};
    std::atomic<bool> wrong{false};
    auto work = [&](unsigned seed) {
        for (unsigned i = 0; i != 3000; ++i) {
            if ((i * 7 + seed) % 5 == 0) {
                auto g = m.lock_blocking();
                if (writers.fetch_add(1) != 0 || readers != 0) wrong = true;
                writers.fetch_sub(1);
            } else {
                auto g = m.lock_shared_blocking();
                readers.fetch_add(1);
                if (writers != 0) wrong = true;
                readers.fetch_sub(1);
            }
        }
    };
    std::vector<std::thread> crowd;
    for (unsigned t = 0; t != 3; ++t) crowd.emplace_back(work, t);
    for (auto& t : crowd) t.join();
    CHECK_FALSE(wrong);
    CHECK(m.try_lock());
    m.unlock();
}

TEST_CASE("shared_mutex: who wrote before is not taken for the one who begins to write") {
    shared_mutex m;
    std::atomic<int> refused{0};
    auto work = [&] {
        for (int i = 0; i != 100'000; ++i) {
            try {
                (void)m.lock_blocking();
                (void)m.lock_shared_blocking();
            } catch (const std::system_error&) {
                ++refused;
            }
        }
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(refused == 0);
}

TEST_CASE("shared_mutex: destroying it locked is reported") {
    const heard log;
    auto m = std::make_unique<shared_mutex>();
    REQUIRE(m->try_lock_shared());
    m.reset();
    REQUIRE(heard::all().size() == 1);
    CHECK(heard::all()[0] == "a shared_mutex was destroyed while it was locked for reading");
}

}  // namespace
