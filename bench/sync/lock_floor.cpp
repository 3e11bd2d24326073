// SPDX-License-Identifier: BSL-1.0
// Rows lock, contend100, contend10k, semaphore and event_ping: the floor.
#include <cstdint>
#include <vector>

#include "../async/floor_spawn.hpp"
#include "../measure/row.hpp"
#include "floor_sync.hpp"
#include "sync_work.hpp"

namespace {

using floor_of::permits;
using floor_of::spawned;

spawned<measure::result> alone(std::uint64_t n) {
    permits m(1);
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await m.acquire();
        measure::keep(m);
        m.release();
    }
    co_return w.stop(static_cast<double>(n));
}

spawned<int> contends(permits& m, std::uint64_t rounds) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
        co_await m.acquire();
        co_await floor_of::yield{};
        m.release();
    }
    co_return 0;
}

spawned<measure::result> crowd(std::uint64_t n, std::uint64_t tasks, std::uint64_t free) {
    permits m(free);
    const std::uint64_t rounds = sync_work::rounds(n, tasks);
    std::vector<spawned<int>> all;
    all.reserve(tasks);
    const measure::window w;
    for (std::uint64_t i = 0; i < tasks; ++i) all.push_back(contends(m, rounds));
    for (auto& t : all) co_await t;
    co_return w.stop(static_cast<double>(rounds * tasks));
}

spawned<int> answers(permits& there, permits& back, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await there.acquire();
        back.release();
    }
    co_return 0;
}

spawned<measure::result> ping(std::uint64_t n) {
    permits there(0), back(0);
    auto other = answers(there, back, n);
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        there.release();
        co_await back.acquire();
    }
    const measure::result got = w.stop(static_cast<double>(2 * n));
    co_await other;
    co_return got;
}

const measure::enrol all[] = {
    {"lock/floor", sync_work::batch, [](std::uint64_t n) { return alone(n).run(); }},
    {"contend100/floor", sync_work::batch, [](std::uint64_t n) { return crowd(n, sync_work::crowd, 1).run(); }},
    {"contend10k/floor", sync_work::batch, [](std::uint64_t n) { return crowd(n, sync_work::throng, 1).run(); }},
    {"semaphore/floor", sync_work::batch,
     [](std::uint64_t n) { return crowd(n, sync_work::throng, sync_work::permits).run(); }},
    {"event_ping/floor", sync_work::batch, [](std::uint64_t n) { return ping(n).run(); }},
};

}  // namespace
