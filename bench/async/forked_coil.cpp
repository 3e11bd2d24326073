// SPDX-License-Identifier: BSL-1.0
// Rows queens and uneven_tasks: coil's when_all over a vector of tasks.
#include <coil/runtime.hpp>
#include <coil/runtime/async/when_all_range.hpp>

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
    for (const std::uint64_t found : co_await coil::when_all(std::move(children)))
        sum += found;
    co_return sum;
}

coil::task<measure::result> run_queens() {
    const measure::window w;
    const std::uint64_t got = co_await solve({}, 0);
    const auto r = w.stop(1);
    verify(got == queens_solutions);
    co_return r;
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
    for (std::size_t i = 0; i < uneven; ++i)
        all.push_back(uneven_task(out[i], i));
    co_await coil::when_all(std::move(all));
    co_return w.stop(1);
}

template <unsigned Workers, coil::task<measure::result> (*Body)()>
measure::result on(std::uint64_t) {
    return coil::run([]() -> coil::task<measure::result> {
        static coil::thread_pool pool{Workers};  // as a program has it: not one for each piece of work
        auto h = coil::spawn_on(pool, Body());
        co_return co_await h;
    }());
}

const measure::enrol all[] = {
    {"queens1/coil", 1, on<1, run_queens>},
    {"queens2/coil", 1, on<2, run_queens>},
    {"uneven_tasks2/coil", 1, on<2, run_uneven_tasks>},
};

}  // namespace
