// SPDX-License-Identifier: BSL-1.0
// Rows queens, matmul, uneven and sum: TBB.
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_reduce.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <array>
#include <cstdint>
#include <functional>

#include "parallel_work.hpp"

namespace {

using namespace parallel_work;

std::uint64_t solve(const board& b, int row) {
    if (row == queens) return 1;
    std::array<std::uint64_t, queens> found{};
    tbb::task_group group;
    for (int c = 0; c < queens; ++c)
        if (!attacked(b, row, c))
            group.run([&b, &found, row, c] { found[static_cast<std::size_t>(c)] = solve(placed(b, row, c), row + 1); });
    group.wait();
    std::uint64_t sum = 0;
    for (const std::uint64_t f : found)
        sum += f;
    return sum;
}

template <class Work>
measure::result timed(int workers, Work work) {
    tbb::task_arena arena(workers);
    const measure::window w;
    arena.execute(work);
    return w.stop(1);
}

template <int Workers>
measure::result run_queens(std::uint64_t) {
    std::uint64_t got = 0;
    const auto r = timed(Workers, [&] { got = solve({}, 0); });
    verify(got == queens_solutions);
    return r;
}

template <int Workers>
measure::result run_matmul(std::uint64_t) {
    static matrices m;
    const auto r =
        timed(Workers, [&] { tbb::parallel_for(std::size_t{0}, tiles, [&](std::size_t i) { m.multiply_tile(i); }); });
    verify(m.right());
    return r;
}

template <int Workers>
measure::result run_uneven(std::uint64_t) {
    std::vector<std::uint64_t> out(uneven);
    return timed(Workers,
                 [&] { tbb::parallel_for(std::size_t{0}, uneven, [&](std::size_t i) { out[i] = uneven_item(i); }); });
}

template <int Workers>
measure::result run_uneven_tasks(std::uint64_t) {
    std::vector<std::uint64_t> out(uneven);
    return timed(Workers, [&] {
        tbb::task_group group;
        for (std::size_t i = 0; i < uneven; ++i)
            group.run([&out, i] { out[i] = uneven_item(i); });
        group.wait();
    });
}

template <int Workers>
measure::result run_sum(std::uint64_t) {
    const auto& xs = numbers();
    std::uint64_t got = 0;
    const auto r = timed(Workers, [&] {
        using range = tbb::blocked_range<std::size_t>;
        got = tbb::parallel_reduce(
            range(0, xs.size()), std::uint64_t{0},
            [&](const range& part, std::uint64_t sum) {
                for (std::size_t i = part.begin(); i < part.end(); ++i)
                    sum += xs[i];
                return sum;
            },
            std::plus<>());
    });
    verify(got == sum_expected);
    return r;
}

const measure::enrol all[] = {
    {"queens1/tbb", 1, run_queens<1>}, {"queens2/tbb", 1, run_queens<2>}, {"matmul2/tbb", 1, run_matmul<2>},
    {"uneven1/tbb", 1, run_uneven<1>}, {"uneven2/tbb", 1, run_uneven<2>}, {"uneven_tasks2/tbb", 1, run_uneven_tasks<2>},
    {"sum2/tbb", 1, run_sum<2>},
};

}  // namespace
