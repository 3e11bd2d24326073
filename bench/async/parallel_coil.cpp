// SPDX-License-Identifier: BSL-1.0
// Rows queens, matmul, uneven and sum: coil.
#include <coil/runtime.hpp>

#include <cstdint>
#include <vector>

#include "parallel_work.hpp"

namespace {

using namespace parallel_work;

coil::task<std::uint64_t> solve(board b, int row) {
    if (row == queens) co_return 1;
    std::vector<coil::task<std::uint64_t>> children;
    children.reserve(queens);
    for (int c = 0; c < queens; ++c)
        if (!attacked(b, row, c)) children.push_back(solve(placed(b, row, c), row + 1));
    std::uint64_t sum = 0;
    for (const std::uint64_t found : co_await coil::when_all(std::move(children))) sum += found;
    co_return sum;
}

coil::task<measure::result> run_queens() {
    const measure::window w;
    const std::uint64_t got = co_await solve({}, 0);
    const auto r = w.stop(1);
    verify(got == queens_solutions);
    co_return r;
}

coil::task<measure::result> run_matmul() {
    static matrices m;
    const measure::window w;
    co_await coil::parallel_for(0, tiles, [&](std::size_t i) { m.multiply_tile(i); });
    const auto r = w.stop(1);
    verify(m.right());
    co_return r;
}

coil::task<measure::result> run_uneven() {
    std::vector<std::uint64_t> out(uneven);
    const measure::window w;
    co_await coil::parallel_for(0, uneven, [&](std::size_t i) { out[i] = uneven_item(i); });
    co_return w.stop(1);
}

coil::task<> uneven_task(std::uint64_t& out, std::size_t i) {
    out = uneven_item(i);
    co_return;
}

coil::task<measure::result> run_uneven_tasks() {
    std::vector<std::uint64_t> out(uneven);
    const measure::window w;
    std::vector<coil::task<>> all;
    all.reserve(uneven);
    for (std::size_t i = 0; i < uneven; ++i) all.push_back(uneven_task(out[i], i));
    co_await coil::when_all(std::move(all));
    co_return w.stop(1);
}

coil::task<measure::result> run_sum() {
    const auto& xs = numbers();
    const measure::window w;
    const std::uint64_t got = co_await coil::parallel_reduce(xs, std::uint64_t{0}, [](std::uint64_t a, std::uint64_t b) { return a + b; });
    const auto r = w.stop(1);
    verify(got == sum_expected);
    co_return r;
}

template <unsigned Workers, coil::task<measure::result> (*Body)()>
measure::result on(std::uint64_t) {
    return coil::run([]() -> coil::task<measure::result> {
        coil::thread_pool pool{Workers};
        auto h = coil::spawn_on(pool, Body());
        co_return co_await h;
    }());
}

const measure::enrol all[] = {
    {"queens1/coil", 1, on<1, run_queens>},
    {"queens2/coil", 1, on<2, run_queens>},
    {"matmul2/coil", 1, on<2, run_matmul>},
    {"uneven1/coil", 1, on<1, run_uneven>},
    {"uneven2/coil", 1, on<2, run_uneven>},
    {"uneven_tasks2/coil", 1, on<2, run_uneven_tasks>},
    {"sum2/coil", 1, on<2, run_sum>},
};

}  // namespace
