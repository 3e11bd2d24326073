// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/coro/task.hpp>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil {

/// How a parallel loop is cut up.
struct parallel_options {
    count grain = {};  ///< items that are done in one go; 0 or not given: chosen by the number of items and workers
};

/// Items in one go: some thirty pieces per worker, so that uneven ones even out and the cutting costs nothing.
std::size_t chosen_grain(std::size_t items, const parallel_options& options) noexcept;

/// Runs a task on the pool: where the caller is if its home is a pool, else on the process's pool and home again.
template <class T>
task<T> in_parallel(task<T> t) {
    if (this_thread.current->home->parallel()) co_return co_await std::move(t);
    co_return co_await on_pool(std::move(t));
}

/// Items between two looks whether a long piece is stopped.
inline constexpr std::size_t items_per_look = 1024;

/// Calls block(i, j) for one stretch after another of [first, last), and looks in between whether it is stopped.
/// A plain function, as the blocks are: what a coroutine keeps over a loop lies in its frame, out of reach of registers.
template <class Block>
void in_blocks(std::size_t first, std::size_t last, Block&& block) {
    while (first != last) {
        this_task::check_stop();
        const std::size_t next = first + std::min(items_per_look, last - first);
        block(first, next);
        first = next;
    }
}

/// A range that can be indexed is used where it lies (an lvalue) or moved (an rvalue); another one is copied.
template <std::ranges::input_range X>
decltype(auto) indexable(X&& xs) {
    if constexpr (std::ranges::random_access_range<X> && std::ranges::sized_range<X>) {
        return std::forward<X>(xs);
    } else {
        std::vector<std::ranges::range_value_t<X>> copy;
        for (auto&& x : xs)
            copy.push_back(std::forward<decltype(x)>(x));
        return copy;
    }
}

}  // namespace coil
