// SPDX-License-Identifier: BSL-1.0
// Row skynet: coil's when_all over a vector of tasks, on a pool of one worker.
#include <coil/runtime.hpp>
#include <coil/runtime/async/when_all_range.hpp>

#include <cstdint>
#include <vector>

#include "../measure/row.hpp"
#include "forkjoin_work.hpp"

namespace {

coil::task<std::uint64_t> skynet(std::uint64_t first, std::uint64_t count) {
    if (count == 1) co_return first;
    const std::uint64_t step = count / 10;
    std::vector<coil::task<std::uint64_t>> children;
    children.reserve(10);
    for (std::uint64_t i = 0; i < 10; ++i)
        children.push_back(skynet(first + i * step, step));
    std::uint64_t sum = 0;
    for (const std::uint64_t s : co_await coil::when_all(std::move(children)))
        sum += s;
    co_return sum;
}

coil::task<measure::result> timed() {
    const measure::window w;
    std::uint64_t got = co_await skynet(0, forkjoin_work::sky_leaves);
    measure::keep(got);
    co_return w.stop(static_cast<double>(forkjoin_work::sky_tasks));
}

coil::task<measure::result> on_one_worker() {
    coil::thread_pool pool{1};
    auto h = coil::spawn_on(pool, timed());
    co_return co_await h;
}

const measure::enrol all[] = {
    {"skynet1/coil_range", forkjoin_work::sky_tasks, [](std::uint64_t) { return coil::run(on_one_worker()); }},
};

}  // namespace
