// SPDX-License-Identifier: BSL-1.0
// Rows fib and skynet: coil's when_all on a pool of one worker and of two.
#include <coil/runtime.hpp>

#include <cstdint>
#include <tuple>

#include "../measure/row.hpp"
#include "forkjoin_work.hpp"

namespace {

coil::task<std::uint64_t> fib(unsigned n) {
    if (n < 2) co_return n;
    auto [a, b] = co_await coil::when_all(fib(n - 1), fib(n - 2));
    co_return a + b;
}

coil::task<std::uint64_t> skynet(std::uint64_t first, std::uint64_t count) {
    if (count == 1) co_return first;
    const std::uint64_t s = count / 10;
    auto sums = co_await coil::when_all(skynet(first, s), skynet(first + s, s), skynet(first + 2 * s, s),
                                        skynet(first + 3 * s, s), skynet(first + 4 * s, s), skynet(first + 5 * s, s),
                                        skynet(first + 6 * s, s), skynet(first + 7 * s, s), skynet(first + 8 * s, s),
                                        skynet(first + 9 * s, s));
    co_return std::apply([](auto... x) { return (x + ...); }, sums);
}

// Timed on the pool: the hop to it belongs to another row.
coil::task<measure::result> fibs(std::uint64_t n) {
    double done = 0;
    const measure::window w;
    while (done < static_cast<double>(n)) {
        std::uint64_t got = co_await fib(forkjoin_work::fib_of);
        measure::keep(got);
        done += forkjoin_work::fib_nodes;
    }
    co_return w.stop(done);
}

template <coil::task<std::uint64_t> (*Skynet)(std::uint64_t, std::uint64_t)>
coil::task<measure::result> skynets(std::uint64_t) {
    const measure::window w;
    std::uint64_t got = co_await Skynet(0, forkjoin_work::sky_leaves);
    measure::keep(got);
    co_return w.stop(static_cast<double>(forkjoin_work::sky_tasks));
}

template <unsigned Workers, coil::task<measure::result> (*Body)(std::uint64_t)>
measure::result on(std::uint64_t n) {
    return coil::run([](std::uint64_t m) -> coil::task<measure::result> {
        static coil::thread_pool pool{Workers};  // as a program has it: not one for each piece of work
        auto h = coil::spawn_on(pool, Body(m));
        co_return co_await h;
    }(n));
}

// For callgrind, which lets no other thread run while one is inside io_uring_enter: the loop turns instead of sleeping.
coil::task<measure::result> beside_a_turning_loop(std::uint64_t n) {
    coil::thread_pool pool{1};
    auto h = coil::spawn_on(pool, fibs(n));
    while (!h.done())
        co_await coil::yield();
    co_return co_await h;
}

const measure::enrol all[] = {
    {"fib1/coil", 317'810, on<1, fibs>},
    {"fib1/coil_counted", 317'810, [](std::uint64_t n) { return coil::run(beside_a_turning_loop(n)); },
     measure::shape::whole},
    {"fib2/coil", 317'810, on<2, fibs>},
    {"skynet1/coil", forkjoin_work::sky_tasks, on<1, skynets<skynet>>},
    {"skynet2/coil", forkjoin_work::sky_tasks, on<2, skynets<skynet>>},
};

}  // namespace
