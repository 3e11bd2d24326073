// SPDX-License-Identifier: BSL-1.0
// Rows lock, workers2, two_loops and event_threads: std on threads.
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "../measure/row.hpp"
#include "sync_work.hpp"

namespace {

// A process that has threads, as every program with a pool does: with one alone glibc locks without atomics.
measure::result alone(std::uint64_t n) {
    std::mutex m;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::scoped_lock g(m);
        measure::keep(m);
    }
    return w.stop(static_cast<double>(n));
}
measure::result alone_beside_a_thread(std::uint64_t n) {
    std::mutex gate;
    std::unique_lock held(gate);
    std::thread other([&] { const std::scoped_lock g(gate); });
    const measure::result got = alone(n);
    held.unlock();
    other.join();
    return got;
}

measure::result two_threads(std::uint64_t n) {
    std::mutex m;
    std::uint64_t sum = 0;
    auto work = [&] {
        for (std::uint64_t i = 0; i < n / 2; ++i) {
            const std::scoped_lock g(m);
            sum += i;
        }
    };
    const measure::window w;
    std::thread other(work);
    work();
    other.join();
    measure::keep(sum);
    return w.stop(static_cast<double>(n));
}

// The mutex goes back and forth, as a fair one would.
measure::result hand_over(std::uint64_t n) {
    std::mutex m;
    std::condition_variable changed;
    bool mine = true;
    auto work = [&](bool me) {
        for (std::uint64_t i = 0; i < n / 2; ++i) {
            std::unique_lock g(m);
            changed.wait(g, [&] { return mine == me; });
            mine = !me;
            changed.notify_one();
        }
    };
    const measure::window w;
    std::thread other(work, false);
    work(true);
    other.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"lock/std_one_thread", sync_work::batch, alone},
    {"lock/std", sync_work::batch, alone_beside_a_thread},
    {"workers2/std", sync_work::batch, two_threads},
    {"two_loops/std", 20'000, hand_over},
    {"event_threads/std", 20'000, hand_over},
};

}  // namespace
