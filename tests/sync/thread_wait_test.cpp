// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/thread_wait.hpp>

#include "../async/by_hand.hpp"
#include "lines.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::task;

void until_waiting(turnstile& t, std::size_t n) {
    while (t.line().statistics().waiters != n) std::this_thread::yield();
}

TEST_CASE("a plain thread waits in the same line as a coroutine") {
    world w;
    turnstile t;
    std::atomic<int> order{0};
    int a = 0, b = 0, c = 0;
    auto body = [&](int& mine) -> task<> {
        co_await t.pass();
        mine = ++order;
    };
    auto first = w.run(body(a));
    std::thread middle([&] {
        t.pass_blocking();
        b = ++order;
    });
    until_waiting(t, 2);
    auto last = w.run(body(c));
    t.admit(1);
    w.exec.drain();
    CHECK(a == 1);
    t.admit(1);
    middle.join();
    CHECK(b == 2);
    CHECK_FALSE(last->ended);
    t.admit(1);
    w.exec.drain();
    CHECK(c == 3);
}

TEST_CASE("a thread that waits for something that is there does not wait") {
    turnstile t;
    t.admit(1);
    CHECK(t.pass_blocking());
    CHECK(t.free() == 0);
}

TEST_CASE("a thread's deadline that has passed takes it out of the line") {
    turnstile t;
    CHECK_FALSE(t.pass_blocking(1, coil::time_point{}));
    CHECK(t.line().statistics().waiters == 0);
}

TEST_CASE("on a thread that runs tasks a blocking wait is refused, unless it would not wait") {
    world w;
    turnstile t;
    t.admit(1);
    auto body = [&]() -> task<> {
        t.pass_blocking();
        t.pass_blocking();
        co_return;
    };
    auto r = w.run(body());
    REQUIRE(r->failed_with<std::system_error>());
    CHECK(r->what().find("thread_wait_test.cpp:") != std::string::npos);
    try {
        std::rethrow_exception(r->error);
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::resource_deadlock_would_occur);
    }
    CHECK(t.free() == 0);
    CHECK(t.line().statistics().waiters == 0);
}

TEST_CASE("a thread whose line is destroyed is told") {
    const heard log;
    auto t = std::make_unique<turnstile>();
    std::string text;
    std::thread waits([&, line = t.get()] {
        try {
            line->pass_blocking();
        } catch (const std::logic_error& e) {
            text = e.what();
        }
    });
    until_waiting(*t, 1);
    t.reset();
    waits.join();
    CHECK(text.find("was destroyed") != std::string::npos);
    CHECK(heard::all().size() == 1);
}

TEST_CASE("many threads take turns, and each is served as often as it asks") {
    turnstile t;
    std::atomic<int> inside{0}, most{0};
    std::vector<std::thread> crowd;
    t.admit(1);
    for (int n = 0; n != 4; ++n) {
        crowd.emplace_back([&] {
            for (int i = 0; i != 300; ++i) {
                t.pass_blocking();
                if (inside.fetch_add(1) + 1 > most) most = inside.load();
                inside.fetch_sub(1);
                t.admit(1);
            }
        });
    }
    for (std::thread& c : crowd) c.join();
    CHECK(most == 1);
    CHECK(t.free() == 1);
}

}  // namespace
