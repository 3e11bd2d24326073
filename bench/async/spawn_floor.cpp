// SPDX-License-Identifier: BSL-1.0
// Rows yield, spawn and million: the floor.
#include <cstdint>
#include <vector>

#include "../measure/row.hpp"
#include "floor_spawn.hpp"
#include "spawn_work.hpp"

namespace {

using floor_of::spawned;

[[gnu::noinline]] spawned<std::uint64_t> leaf(std::uint64_t x) {
    co_return x;
}

spawned<measure::result> yields(std::uint64_t n) {
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        co_await floor_of::yield{};
    co_return w.stop(static_cast<double>(2 * n));
}

// Two tasks take turns; an operation is one switch.
measure::result two_yield(std::uint64_t n) {
    auto a = yields(n / 2);
    auto b = yields(n / 2);
    const measure::result got = a.run();
    b.run();
    return got;
}

spawned<measure::result> one_by_one(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        auto h = leaf(i);
        sum += co_await h;
    }
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

spawned<measure::result> all_at_once(std::uint64_t n) {
    std::vector<spawned<std::uint64_t>> handles;
    handles.reserve(n);
    std::uint64_t sum = 0;
    const double before = measure::resident_bytes();
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        handles.push_back(leaf(i));
    const double after = measure::resident_bytes();
    for (auto& h : handles)
        sum += co_await h;
    measure::keep(sum);
    measure::result r = w.stop(static_cast<double>(n));
    r.bytes = (after - before) / static_cast<double>(n);
    co_return r;
}

const measure::enrol all[] = {
    {"yield/floor", spawn_work::batch, two_yield},
    {"spawn/floor", spawn_work::batch, [](std::uint64_t n) { return one_by_one(n).run(); }},
    {"million/floor", spawn_work::million, [](std::uint64_t n) { return all_at_once(n).run(); }, measure::shape::whole},
};

}  // namespace
