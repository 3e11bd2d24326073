// SPDX-License-Identifier: BSL-1.0
// Primitives that live longer than the runs, loops and tasks that use them: waiters whose loop ends are out of every
// line, a stopped task that held a lock has freed it, and the next run, or a plain thread, finds all as new.
#include "bad_day.hpp"

#include <coil/coil.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace {

using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using namespace std::chrono_literals;

coil::mutex lock;
coil::semaphore permits{1};
coil::condition changed;
coil::event never_set;
coil::latch never_zero{1};

task<> holds_for_ever() {
    auto guard = co_await lock.lock();
    auto permit = co_await permits.acquire();
    co_await coil::sleep_for(1h);
}
task<> waits_for_lock() {
    auto guard = co_await lock.lock();
    co_await coil::sleep_for(1h);
}
task<> waits_for_change() {
    coil::mutex own;
    auto guard = co_await own.lock();
    co_await changed.wait(guard);
}
task<> waits_for_permit() { auto permit = co_await permits.acquire(); }
task<> waits_for_event() { co_await never_set.wait(); }
task<> waits_for_latch() { co_await never_zero.wait(); }

task<> leaves_them_behind() {
    for (int i = 0; i != 20; ++i) {
        (void)coil::spawn(holds_for_ever(), {.daemon = true});
        (void)coil::spawn(waits_for_lock(), {.daemon = true});
        (void)coil::spawn(waits_for_permit(), {.daemon = true});
        (void)coil::spawn(waits_for_change(), {.daemon = true});
        (void)coil::spawn(waits_for_event(), {.daemon = true});
        (void)coil::spawn(waits_for_latch(), {.daemon = true});
    }
    co_await coil::yield();
    co_await coil::yield();
    expect(lock.locked(), "somebody holds the lock");
    expect(changed.statistics().waiters == 20, "twenty wait for a change");
    co_await coil::resume_on(coil::pool());  // and some of it ends while main is elsewhere
}

std::size_t waiters() {
    return lock.statistics().waiters + permits.statistics().waiters + changed.statistics().waiters +
           never_set.statistics().waiters + never_zero.statistics().waiters;
}

void expect_as_new(const std::string& when) {
    expect_equal(waiters(), std::size_t{0}, "who waits " + when);
    expect(!lock.locked(), "the lock is free " + when);
    expect_equal(permits.available(), std::size_t{1}, "permits " + when);
    std::thread([] {
        auto guard = lock.lock_blocking();
        auto permit = permits.acquire_blocking();
    }).join();
}

// A thread waits while the run that will free the lock goes on, and gets it when that run has ended.
void a_thread_waits_for_a_run() {
    std::thread plain;
    auto body = [&]() -> task<> {
        auto guard = co_await lock.lock();
        plain = std::thread([] { auto mine = lock.lock_blocking(); });
        while (lock.statistics().waiters == 0) co_await coil::sleep_for(100us);
        auto kept = lock.holder();
        expect(kept != 0, "held by the run");
    };
    coil::run(body());
    plain.join();
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog dog;
    const long rounds = full_size(bad_day::is_full(argc, argv) ? 2000 : 40);
    for (long i = 0; i < rounds; ++i) {
        coil::run(leaves_them_behind());
        expect_as_new("after a run");
        coil::loop one;
        one.run(leaves_them_behind());
        expect_as_new("after a loop");
    }
    a_thread_waits_for_a_run();
    expect_as_new("at the end");
    return bad_day::verdict();
}
