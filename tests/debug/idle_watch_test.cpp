// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/idle_watch.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/blocking_threads.hpp>
#include <coil/runtime/sched/machine.hpp>
#include <coil/sync/event.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace std::chrono_literals;

TEST_CASE("a foreign thread may come: the run goes on waiting") {
    coil::event e;
    auto amain = [&]() -> coil::task<> { co_await e.wait(); };
    std::thread other([&] {
        while (e.statistics().waiters == 0)
            std::this_thread::yield();
        std::this_thread::sleep_for(20ms);  // perhaps the loop sleeps by now
        e.set();
    });
    CHECK_NOTHROW(coil::run(amain()));
    other.join();
}
