// SPDX-License-Identifier: BSL-1.0
// What every side of the await rows runs: the same coroutines over each side's own task type.
#pragma once

#include <cstdint>

#include "../measure/row.hpp"

namespace await_work {

inline constexpr std::uint64_t batch = 1'000'000;
inline constexpr unsigned depth = 10;
inline constexpr unsigned tree = 24;  // fib(24): 75,024 inner nodes

/// Counts the inner nodes of the call tree of fib(n), each of which awaits two children.
constexpr std::uint64_t inner_nodes(unsigned n) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;  // inner nodes of fib(0) and fib(1)
    for (unsigned i = 2; i <= n; ++i) {
        const std::uint64_t c = a + b + 1;
        a = b;
        b = c;
    }
    return n < 1 ? a : b;
}

template <template <class> class Task>
struct of {
    // noinline: a compiler that could see the child's body would elide its frame in the floor alone.
    [[gnu::noinline]] static Task<std::uint64_t> leaf(std::uint64_t x) { co_return x; }

    [[gnu::noinline]] static Task<std::uint64_t> level(unsigned below, std::uint64_t x) {
        if (below == 0) co_return x;
        const std::uint64_t got = co_await level(below - 1, x);
        co_return got + 1;
    }

    [[gnu::noinline]] static Task<std::uint64_t> fib(unsigned n) {
        if (n < 2) co_return n;
        const std::uint64_t a = co_await fib(n - 1);
        const std::uint64_t b = co_await fib(n - 2);
        co_return a + b;
    }

    static Task<measure::result> many(std::uint64_t n) {
        std::uint64_t sum = 0;
        const measure::window w;
        for (std::uint64_t i = 0; i < n; ++i)
            sum += co_await leaf(i);
        measure::keep(sum);
        co_return w.stop(static_cast<double>(n));
    }

    /// Ten levels deep; an operation is one level.
    static Task<measure::result> deep(std::uint64_t n) {
        std::uint64_t sum = 0;
        const std::uint64_t rounds = n / depth;
        const measure::window w;
        for (std::uint64_t i = 0; i < rounds; ++i)
            sum += co_await level(depth - 1, i);
        measure::keep(sum);
        co_return w.stop(static_cast<double>(rounds * depth));
    }

    /// fib by two plain awaits, one after the other; an operation is an inner node.
    static Task<measure::result> two(std::uint64_t n) {
        std::uint64_t sum = 0;
        double done = 0;
        const measure::window w;
        while (done < static_cast<double>(n)) {
            sum += co_await fib(tree);
            done += static_cast<double>(inner_nodes(tree));
        }
        measure::keep(sum);
        co_return w.stop(done);
    }
};

}  // namespace await_work
