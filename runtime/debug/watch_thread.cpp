// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/watch_thread.hpp>

#include <coil/runtime/debug/observed_thread.hpp>
#include <coil/runtime/debug/watchdog.hpp>
#include <coil/runtime/ring/tick.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <new>

namespace coil::debug {

namespace {

constexpr nanoseconds trace_delay = std::chrono::seconds(1);
// Looking costs little, but waking a core is no help to whom it watches.
constexpr nanoseconds shortest_look = std::chrono::milliseconds(1);

void write_traces() noexcept {
    try {
        for (observed_thread* const t : observed_thread::all())
            t->flush();
    } catch (const std::bad_alloc&) {
        // the threads write it themselves once they have enough
    }
}

}  // namespace

void watch_thread::start(const duties& d) {
    duties_ = d;
    stopping_.store(false);
    runs_.store(true);
    try {
        thread_ = std::thread([this] { main(); });
    } catch (...) {
        runs_.store(false);
        throw;
    }
}

void watch_thread::stop() noexcept {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    nudge();
    thread_.join();
    runs_.store(false);
}

void watch_thread::ask_for_dump() noexcept {
    dump_.store(true);
    nudge();
}

void watch_thread::nudge() noexcept {
    calls_.fetch_add(1);
    futex::wake(calls_, 1, futex::reach::process);
}

void watch_thread::main() noexcept {
    machine::become_thread("coil-watch");
    if (duties_.dump_signal != 0) {
        sigset_t asked;
        ::sigemptyset(&asked);
        ::sigaddset(&asked, duties_.dump_signal);
        ::pthread_sigmask(SIG_UNBLOCK, &asked, nullptr);
    }
    const nanoseconds between_looks = std::max(duties_.limit / 2, shortest_look);
    time_point next_trace = time_point::min();
    for (;;) {
        const std::uint32_t before = calls_.load();
        if (dump_.exchange(false) && duties_.dump != nullptr) {
            duties_.dump();
            next_trace = time_point::min();
        }
        // after the dump: one that was asked for is made
        if (stopping_.load()) return;
        if (duties_.limit != nanoseconds::zero()) look_for_stalls(duties_.limit);
        const time_point now = ring::time_of(ring::read_tick());
        if (duties_.traces && now >= next_trace) {
            write_traces();
            next_trace = deadline_after(now, trace_delay);
        }
        time_point until = never;
        if (duties_.limit != nanoseconds::zero()) until = deadline_after(now, between_looks);
        if (duties_.traces) until = std::min(until, next_trace);
        futex::wait(calls_, before, until, futex::reach::process);
    }
}

watch_thread& the_watch_thread() noexcept {
    static auto* const of_process = new watch_thread;
    return *of_process;
}

}  // namespace coil::debug
