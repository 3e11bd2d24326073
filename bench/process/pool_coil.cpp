// SPDX-License-Identifier: BSL-1.0
// Rows pool_start, pool_map1, pool_map100, pool_call_awake, pool_call_asleep: coil.
#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <numeric>
#include <vector>

#include "../measure/row.hpp"
#include "../measure/trips.hpp"
#include "pool_work.hpp"

namespace {

namespace process = coil::process;

const bool begins_here = (measure::first_in_main = process::init, true);

coil::task<measure::result> starts(std::uint64_t n) {
    measure::result total;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::vector<int> two{1, 2};
        const measure::window w;
        process::pool pool{2};
        const auto ys = co_await pool.map<&pool_work::twice>(two, {.chunk = 1});
        const measure::result r = w.stop(1);
        total.seconds += r.seconds;
        total.cpu_seconds += r.cpu_seconds;
        total.operations += 1;
        co_await pool.close();
    }
    co_return total;
}

coil::task<measure::result> maps(std::uint64_t n, int chunk) {
    process::pool pool{2};
    std::vector<int> xs(n);
    std::iota(xs.begin(), xs.end(), 0);
    co_await pool.map<&pool_work::twice>(xs, {.chunk = chunk});
    const measure::window w;
    auto ys = co_await pool.map<&pool_work::twice>(xs, {.chunk = chunk});
    const measure::result r = w.stop(static_cast<double>(n));
    measure::keep(ys);
    co_return r;
}

coil::task<measure::result> calls(std::uint64_t n) {
    process::pool pool{1};
    co_await pool.call<&pool_work::twice>(1);
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        int y = co_await pool.call<&pool_work::twice>(static_cast<int>(i));
        measure::keep(y);
    }
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> calls_asleep(std::uint64_t n) {
    process::pool pool{1};
    co_await pool.call<&pool_work::twice>(1);
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await coil::sleep_for(pool_work::rest);
        t.start();
        co_await pool.call<&pool_work::twice>(1);
        t.stop();
    }
    co_return t.summary();
}

const measure::enrol all[] = {
    {"pool_start/coil", pool_work::starts, [](std::uint64_t n) { return coil::run(starts(n)); }, measure::shape::whole},
    {"pool_map1/coil", pool_work::items, [](std::uint64_t n) { return coil::run(maps(n, 1)); }},
    {"pool_map100/coil", pool_work::items, [](std::uint64_t n) { return coil::run(maps(n, 100)); }},
    {"pool_call_awake/coil", pool_work::calls, [](std::uint64_t n) { return coil::run(calls(n)); }},
    {"pool_call_asleep/coil", pool_work::asleep, [](std::uint64_t n) { return coil::run(calls_asleep(n)); },
     measure::shape::whole},
};

}  // namespace
