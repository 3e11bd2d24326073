// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/dump_tasks.hpp>

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/settle.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/sync/event.hpp>
#include <coil/sync/latch.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/select.hpp>

#include "dumped.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::string line_of(unsigned line) { return "dump_tasks_test.cpp:" + std::to_string(line); }

unsigned inner_line = 0, outer_line = 0, spawn_line = 0;

coil::task<> inner(coil::event& e) {
    inner_line = coil::place::current().line() + 1;
    co_await e.wait();
}
coil::task<> outer(coil::event& e) {
    outer_line = coil::place::current().line() + 1;
    co_await inner(e);
}

}  // namespace

TEST_CASE("a task is shown with what it waits for, and with each await on the way there") {
    std::string text;
    auto amain = [&]() -> coil::task<> {
        coil::event e;
        spawn_line = coil::place::current().line() + 1;
        auto h = coil::spawn(outer(e), {.name = "waiter"});
        co_await coil::yield();
        co_await coil::yield();
        text = dumped();
        e.set();
        co_await h;
    };
    coil::run(amain(), {.name = "main"});
    INFO(text);
    CHECK(text.starts_with("coil: 2 tasks\n"));
    CHECK(has(text, "\"main\", running\n"));
    CHECK(has(text, "\"waiter\", suspended, waits for an event\n"));
    const auto first = text.find(line_of(inner_line) + " in "), second = text.find(line_of(outer_line) + " in ");
    CHECK(first != std::string::npos);
    CHECK(second != std::string::npos);
    CHECK(first < second);
    CHECK(has(text, "inner"));
    CHECK(has(text, "    spawned at "));
    CHECK(has(text, line_of(spawn_line) + "\n"));
}

TEST_CASE("states, scopes, timers and joins") {
    std::string text;
    auto sleeps = []() -> coil::task<> { co_await coil::sleep_for(1h); };
    auto amain = [&]() -> coil::task<> {
        auto inside = [&](coil::scope& s) -> coil::task<> {
            auto a = s.spawn(sleeps(), {.name = "sleeper"});
            auto joins = [&a]() -> coil::task<> { (void)co_await coil::settle(a); };
            auto b = s.spawn(joins(), {.name = "joiner"});
            co_await coil::yield();
            co_await coil::yield();
            auto c = s.spawn(sleeps(), {.name = "fresh"});
            text = dumped();
            s.cancel();
        };
        co_await coil::with_scope(inside);
    };
    coil::run(amain());
    INFO(text);
    CHECK(text.starts_with("coil: 4 tasks\n"));
    CHECK(has(text, "\"sleeper\", suspended, waits for a timer\n"));
    CHECK(has(text, "\"joiner\", suspended, waits for end of task "));
    CHECK(has(text, "\"fresh\", ready\n"));
}

TEST_CASE("of children that wait side by side each is named, and the chain goes on above them") {
    std::string text;
    unsigned fork_line = 0;
    auto amain = [&]() -> coil::task<> {
        coil::event e;
        coil::mutex m;
        auto guard = co_await m.lock();
        auto wants_lock = [&m]() -> coil::task<> { auto g = co_await m.lock(); };
        auto forks = [&]() -> coil::task<> {
            fork_line = coil::place::current().line() + 1;
            co_await coil::when_all(inner(e), wants_lock());
        };
        auto h = coil::spawn(forks());
        co_await coil::yield();
        co_await coil::yield();
        text = dumped();
        e.set();
        guard.unlock();
        co_await h;
    };
    coil::run(amain());
    INFO(text);
    CHECK(has(text, "an event"));
    CHECK(has(text, "a mutex"));
    CHECK(has(text, line_of(fork_line) + " in "));
}

TEST_CASE("tasks on the pool are shown with the line that sent them there") {
    std::string text;
    unsigned hop_line = 0;
    auto amain = [&]() -> coil::task<> {
        coil::event e;
        auto hops = [&]() -> coil::task<> {
            hop_line = coil::place::current().line() + 1;
            co_await coil::on_pool(outer(e));
        };
        auto h = coil::spawn(hops());
        // until it waits there: what it waits for is told by the event
        while (e.statistics().waiters == 0)
            co_await coil::yield();
        text = dumped();
        e.set();
        co_await h;
    };
    coil::run(amain());
    INFO(text);
    CHECK(has(text, "waits for an event"));
    CHECK(has(text, line_of(outer_line) + " in "));
    CHECK(has(text, line_of(hop_line) + " in "));
}

TEST_CASE("a fiber's task is shown too") {
    std::string text;
    auto amain = [&]() -> coil::task<> {
        coil::event e;
        auto body = [&e] { coil::await(e.wait()); };
        auto h = coil::spawn(coil::fiber(body), {.name = "fiber"});
        while (e.statistics().waiters == 0)
            co_await coil::yield();
        text = dumped();
        e.set();
        co_await h;
    };
    coil::run(amain());
    INFO(text);
    CHECK(has(text, "\"fiber\", suspended, waits for an event\n"));
}

TEST_CASE("a task that was stopped shows why, for as long as it goes on") {
    std::string text;
    auto amain = [&]() -> coil::task<> {
        coil::event e;
        auto h = coil::spawn(coil::shield(e.wait()), {.name = "shielded"});
        co_await coil::yield();
        h.cancel("the shop closes");
        text = dumped();
        e.set();
        co_await h;
    };
    coil::run(amain());
    INFO(text);
    CHECK(has(text, "\"shielded\", suspended, stopped (the shop closes), waits for an event\n"));
}

TEST_CASE("a plain thread asks the loop whose tasks they are") {
    std::string text;
    coil::event e;
    std::thread runs([&] { coil::run(outer(e), {.name = "elsewhere"}); });
    while (e.statistics().waiters == 0)
        std::this_thread::yield();
    text = dumped();
    e.set();
    runs.join();
    INFO(text);
    CHECK(has(text, "\"elsewhere\", suspended, waits for an event\n"));
    CHECK(has(text, line_of(inner_line) + " in "));
}

TEST_CASE("a loop that does not come round is waited for no longer than a moment") {
    std::string text;
    coil::event e;
    coil::latch looked(1), waiting(1);
    auto amain = [&]() -> coil::task<> {
        auto h = coil::spawn(outer(e), {.name = "behind"});
        co_await coil::yield();
        waiting.count_down();
        while (!looked.try_wait())  // keeps its thread
            std::this_thread::yield();
        e.set();
        co_await h;
    };
    std::thread runs([&] { coil::run(amain()); });
    waiting.wait_blocking();
    text = dumped();
    looked.count_down();
    runs.join();
    INFO(text);
    CHECK(has(text, "\"behind\", suspended, waits for (its loop is busy)\n"));
}

TEST_CASE("without a task there is nothing to show") { CHECK(dumped() == "coil: 0 tasks\n"); }
