// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/debug/observed_thread.hpp>
#include <coil/runtime/debug/watchdog.hpp>

#include "../run/heard.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

using namespace coil::debug;
using namespace std::chrono_literals;

namespace {

std::string here(const coil::place& p) { return coil::to_string(p); }

}  // namespace

TEST_CASE("observed_thread: what a thread does is seen from another, until it has ended") {
    observed_thread& mine = *observed_thread::mine();
    const coil::place spawned = coil::place::current(), from = coil::place::current();
    const auto seen = [&] {
        observed_thread::activity a;
        std::thread([&] { a = mine.doing(); }).join();
        return a;
    };
    CHECK(seen().tick == 0);
    mine.begins(7, 5, "worker", spawned, from);
    CHECK(seen().tick == 7);
    CHECK(seen().task == 5);
    CHECK(seen().name == "worker");
    CHECK(here(seen().spawned) == here(spawned));
    CHECK(here(seen().from) == here(from));
    mine.begins(8, 6, std::string(100, 'x'), spawned, {});
    CHECK(seen().name == std::string(31, 'x'));  // as much of it as is kept
    CHECK(seen().from.line() == 0);
    mine.ends();
    CHECK(seen().tick == 0);
}

TEST_CASE("observed_thread: what is read while it changes is of one task, or nothing") {
    constexpr int rounds = 20'000;
    observed_thread& mine = *observed_thread::mine();
    const coil::place one = coil::place::current();
    std::atomic<bool> over{false};
    int mixed = 0;
    std::thread reader([&] {
        while (!over) {
            const observed_thread::activity a = mine.doing();
            if (a.tick == 0) continue;
            if (a.task != a.tick || a.name != std::to_string(a.tick) || (a.tick % 2 == 0) != (a.from.line() == 0)) ++mixed;
        }
    });
    for (std::uint64_t i = 1; i != rounds; ++i)
        mine.begins(i, i, std::to_string(i), one, i % 2 == 0 ? coil::place() : one);
    over = true;
    reader.join();
    mine.ends();
    CHECK(mixed == 0);
}

TEST_CASE("observed_thread: that of a thread that has ended is the next one's") {
    observed_thread* first = nullptr;
    observed_thread* second = nullptr;
    std::thread([&] {
        first = observed_thread::mine();
        first->begins(3, 3, "gone", {}, {});
    }).join();
    CHECK(first->doing().tick == 0);
    std::thread([&] { second = observed_thread::mine(); }).join();
    CHECK(first == second);
}

TEST_CASE("watchdog: a stall is told once, and the next one too") {
    const heard ears;
    observed_thread& mine = *observed_thread::mine();
    const coil::place spawned = coil::place::current(), from = coil::place::current();
    look_for_stalls(1s);
    CHECK(heard::log().empty());
    mine.begins(1, 5, "worker", spawned, from);  // when the machine started
    look_for_stalls(1s);
    look_for_stalls(1s);
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0].starts_with("a task has not come back to its loop for "));
    CHECK(heard::log()[0].ends_with(" s (thread " + mine.name() + "): task 5 \"worker\", spawned at " + here(spawned) +
                                    ", since its await at " + here(from)));
    mine.begins(2, 6, {}, spawned, {});
    look_for_stalls(1s);
    look_for_stalls(1s);
    REQUIRE(heard::log().size() == 2);
    CHECK(heard::log()[1].ends_with("task 6, spawned at " + here(spawned) + ", since its beginning"));
    look_for_stalls(coil::nanoseconds::max());
    mine.ends();
    look_for_stalls(1s);
    CHECK(heard::log().size() == 2);
}

TEST_CASE("watchdog: what is said of a task that came back late") {
    stint s;
    s.task = 5;
    s.name = "worker";
    s.spawned = s.from = s.to = coil::place::current();
    const std::string at = here(s.from);
    s.over = s.begin + 57ms;
    CHECK(late_report(s, "main") == "a task kept its loop for 57 ms (thread main): task 5 \"worker\", spawned at " + at +
                                        ", from its await at " + at + " to the one at " + at);
    s.name = {};
    s.from = {};
    s.end = "failed";
    s.over = s.begin + 12s;
    CHECK(late_report(s, "main") ==
          "a task kept its loop for 12 s (thread main): task 5, spawned at " + at + ", from its beginning to its end: failed");
    s = stint();
    s.what = stint::kind::call;
    s.over = s.begin + 900us;
    CHECK(late_report(s, "loop") == "a call kept its loop for 900 us (thread loop)");
}
