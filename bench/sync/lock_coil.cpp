// SPDX-License-Identifier: BSL-1.0
// Rows lock, contend100, contend10k, workers2, two_loops and semaphore: coil.
#include <coil/coil.hpp>

#include <cstdint>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "sync_work.hpp"

namespace {

using coil::task;

template <class Mutex>
task<measure::result> alone(std::uint64_t n) {
    Mutex m;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        auto g = co_await m.lock();
        measure::keep(m);
    }
    co_return w.stop(static_cast<double>(n));
}

task<> contends(coil::mutex& m, std::uint64_t rounds) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
        auto g = co_await m.lock();
        co_await coil::yield();
    }
}
task<> holds_permit(coil::semaphore& s, std::uint64_t rounds) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
        auto permit = co_await s.acquire();
        co_await coil::yield();
    }
}
// No yield: the lock is what is measured, as with threads.
task<> contends_briefly(coil::mutex& m, std::uint64_t rounds, std::uint64_t& sum) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
        auto g = co_await m.lock();
        sum += i;
    }
}

template <class Make>
task<measure::result> crowd(std::uint64_t n, std::uint64_t tasks, Make make) {
    const std::uint64_t rounds = sync_work::rounds(n, tasks);
    std::vector<coil::join_handle<>> all;
    all.reserve(tasks);
    const measure::window w;
    for (std::uint64_t i = 0; i < tasks; ++i) all.push_back(coil::spawn(make(rounds)));
    for (auto& t : all) co_await t;
    co_return w.stop(static_cast<double>(rounds * tasks));
}
task<measure::result> mutex_crowd(std::uint64_t n, std::uint64_t tasks) {
    coil::mutex m;
    co_return co_await crowd(n, tasks, [&](std::uint64_t rounds) { return contends(m, rounds); });
}
task<measure::result> semaphore_crowd(std::uint64_t n) {
    coil::semaphore s{sync_work::permits};
    co_return co_await crowd(n, sync_work::throng, [&](std::uint64_t rounds) { return holds_permit(s, rounds); });
}
task<measure::result> two_workers(std::uint64_t n) {
    coil::mutex m;
    std::uint64_t sum = 0;
    co_await coil::resume_on(coil::pool());
    const measure::result got = co_await crowd(
        n, sync_work::crowd, [&](std::uint64_t rounds) { return contends_briefly(m, rounds, sum); });
    measure::keep(sum);
    co_return got;
}

task<> takes_turns(coil::mutex& m, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        auto g = co_await m.lock();
        co_await coil::yield();
    }
}
// Two loops, each on its thread, want one mutex: each operation hands it over.
measure::result two_loops(std::uint64_t n) {
    coil::mutex m;
    const measure::window w;
    std::thread other([&] {
        coil::loop l;
        l.run(takes_turns(m, n / 2));
    });
    coil::loop l;
    l.run(takes_turns(m, n / 2));
    other.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"lock/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(alone<coil::mutex>(n)); }},
    {"lock/coil_recursive", sync_work::batch, [](std::uint64_t n) { return coil::run(alone<coil::recursive_mutex>(n)); }},
    {"contend100/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(mutex_crowd(n, sync_work::crowd)); }},
    {"contend10k/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(mutex_crowd(n, sync_work::throng)); }},
    {"semaphore/coil", sync_work::batch, [](std::uint64_t n) { return coil::run(semaphore_crowd(n)); }},
    {"workers2/coil", sync_work::batch,
     [](std::uint64_t n) { return coil::run(two_workers(n), {.pool_size = 2}); }},
    {"two_loops/coil", 20'000, two_loops},
};

}  // namespace
