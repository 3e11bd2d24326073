// SPDX-License-Identifier: BSL-1.0
// Rows yield, spawn and million: coil.
#include <coil/runtime.hpp>

#include <cstdint>
#include <vector>

#include "../measure/row.hpp"
#include "spawn_work.hpp"

namespace {

[[gnu::noinline]] coil::task<std::uint64_t> leaf(std::uint64_t x) {
    co_return x;
}

coil::task<measure::result> yields(std::uint64_t n) {
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        co_await coil::yield();
    co_return w.stop(static_cast<double>(2 * n));
}

coil::task<measure::result> two_yield(std::uint64_t n) {
    auto other = coil::spawn(yields(n / 2));
    const measure::result got = co_await yields(n / 2);
    co_await other;
    co_return got;
}

coil::task<measure::result> one_by_one(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        auto h = coil::spawn(leaf(i), {.name = "leaf"});
        sum += co_await h;
    }
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> all_at_once(std::uint64_t n) {
    std::vector<coil::join_handle<std::uint64_t>> handles;
    handles.reserve(n);
    std::uint64_t sum = 0;
    const double before = measure::resident_bytes();
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        handles.push_back(coil::spawn(leaf(i)));
    const double after = measure::resident_bytes();
    for (auto& h : handles)
        sum += co_await h;
    measure::keep(sum);
    measure::result r = w.stop(static_cast<double>(n));
    r.bytes = (after - before) / static_cast<double>(n);
    co_return r;
}

const measure::enrol all[] = {
    {"yield/coil", spawn_work::batch, [](std::uint64_t n) { return coil::run(two_yield(n)); }},
    {"spawn/coil", spawn_work::batch, [](std::uint64_t n) { return coil::run(one_by_one(n)); }},
    {"million/coil", spawn_work::million, [](std::uint64_t n) { return coil::run(all_at_once(n)); },
     measure::shape::whole},
};

}  // namespace
