// SPDX-License-Identifier: BSL-1.0
// Rows matmul, uneven and sum: coil's parallel_for and parallel_reduce.
#include <coil/runtime.hpp>
#include <coil/runtime/async/parallel_for.hpp>
#include <coil/runtime/async/parallel_reduce.hpp>

#include <cstdint>
#include <vector>

#include "parallel_work.hpp"

namespace {

using namespace parallel_work;

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

coil::task<measure::result> run_sum() {
    const auto& xs = numbers();
    const measure::window w;
    const std::uint64_t got =
        co_await coil::parallel_reduce(xs, std::uint64_t{0}, [](std::uint64_t a, std::uint64_t b) { return a + b; });
    const auto r = w.stop(1);
    verify(got == sum_expected);
    co_return r;
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
    {"matmul2/coil", 1, on<2, run_matmul>},
    {"uneven1/coil", 1, on<1, run_uneven>},
    {"uneven2/coil", 1, on<2, run_uneven>},
    {"sum2/coil", 1, on<2, run_sum>},
};

}  // namespace
