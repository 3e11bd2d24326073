// SPDX-License-Identifier: BSL-1.0
// Rows fib and skynet: the floor, on one worker and on two.
#include <array>
#include <cstdint>

#include "../measure/row.hpp"
#include "floor_forkjoin.hpp"
#include "forkjoin_work.hpp"

namespace {

using floor_of::fork_task;

fork_task<std::uint64_t> fib(unsigned n) {
    if (n < 2) co_return n;
    auto a = fib(n - 1);
    a.fork();
    const std::uint64_t y = co_await fib(n - 2);
    const std::uint64_t x = co_await a.join();
    co_return x + y;
}

fork_task<std::uint64_t> skynet(std::uint64_t first, std::uint64_t count) {
    if (count == 1) co_return first;
    const std::uint64_t step = count / 10;
    std::array<fork_task<std::uint64_t>, 9> children;
    for (std::uint64_t i = 0; i < 9; ++i) {
        children[i] = skynet(first + i * step, step);
        children[i].fork();
    }
    std::uint64_t sum = co_await skynet(first + 9 * step, step);
    for (std::size_t i = 9; i-- > 0;)
        sum += co_await children[i].join();
    co_return sum;
}

template <unsigned Workers>
measure::result fibs(std::uint64_t n) {
    floor_of::fork_pool pool(Workers);
    double done = 0;
    const measure::window w;
    while (done < static_cast<double>(n)) {
        std::uint64_t got = pool.run(fib(forkjoin_work::fib_of));
        measure::keep(got);
        done += forkjoin_work::fib_nodes;
    }
    return w.stop(done);
}

template <unsigned Workers>
measure::result skynets(std::uint64_t) {
    floor_of::fork_pool pool(Workers);
    const measure::window w;
    std::uint64_t got = pool.run(skynet(0, forkjoin_work::sky_leaves));
    measure::keep(got);
    return w.stop(static_cast<double>(forkjoin_work::sky_tasks));
}

const measure::enrol all[] = {
    {"fib1/floor", 317'810, fibs<1>},
    {"fib2/floor", 317'810, fibs<2>},
    {"skynet1/floor", forkjoin_work::sky_tasks, skynets<1>},
    {"skynet2/floor", forkjoin_work::sky_tasks, skynets<2>},
};

}  // namespace
