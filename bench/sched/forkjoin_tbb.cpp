// SPDX-License-Identifier: BSL-1.0
// Rows fib and skynet: TBB, by task_group (one child kept) and, for fib, by parallel_invoke.
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <array>
#include <cstdint>

#include "../measure/row.hpp"
#include "forkjoin_work.hpp"

namespace {

std::uint64_t fib(unsigned n) {
    if (n < 2) return n;
    std::uint64_t a = 0;
    tbb::task_group group;
    group.run([&] { a = fib(n - 1); });
    const std::uint64_t b = fib(n - 2);
    group.wait();
    return a + b;
}

std::uint64_t fib_invoke(unsigned n) {
    if (n < 2) return n;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    tbb::parallel_invoke([&] { a = fib_invoke(n - 1); }, [&] { b = fib_invoke(n - 2); });
    return a + b;
}

std::uint64_t skynet(std::uint64_t first, std::uint64_t count) {
    if (count == 1) return first;
    const std::uint64_t step = count / 10;
    std::array<std::uint64_t, 10> sums{};
    tbb::task_group group;
    for (std::uint64_t i = 0; i < 9; ++i)
        group.run([&, i] { sums[i] = skynet(first + i * step, step); });
    sums[9] = skynet(first + 9 * step, step);
    group.wait();
    std::uint64_t sum = 0;
    for (const std::uint64_t s : sums)
        sum += s;
    return sum;
}

template <int Workers, std::uint64_t (*Fib)(unsigned)>
measure::result fibs(std::uint64_t n) {
    tbb::task_arena arena(Workers);
    double done = 0;
    const measure::window w;
    while (done < static_cast<double>(n)) {
        std::uint64_t got = arena.execute([] { return Fib(forkjoin_work::fib_of); });
        measure::keep(got);
        done += forkjoin_work::fib_nodes;
    }
    return w.stop(done);
}

template <int Workers>
measure::result skynets(std::uint64_t) {
    tbb::task_arena arena(Workers);
    const measure::window w;
    std::uint64_t got = arena.execute([] { return skynet(0, forkjoin_work::sky_leaves); });
    measure::keep(got);
    return w.stop(static_cast<double>(forkjoin_work::sky_tasks));
}

const measure::enrol all[] = {
    {"fib1/tbb", 317'810, fibs<1, fib>},
    {"fib2/tbb", 317'810, fibs<2, fib>},
    {"fib1/tbb_invoke", 317'810, fibs<1, fib_invoke>},
    {"fib2/tbb_invoke", 317'810, fibs<2, fib_invoke>},
    {"skynet1/tbb", forkjoin_work::sky_tasks, skynets<1>},
    {"skynet2/tbb", forkjoin_work::sky_tasks, skynets<2>},
};

}  // namespace
