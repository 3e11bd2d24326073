// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/parallel.hpp>
#include <coil/runtime/coro/closure.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>
#include <type_traits>
#include <utility>

namespace coil {

/// Folds [first, last), which is not empty, from its first element on.
template <class T, class X, class Op>
T fold_stretch(std::size_t first, std::size_t last, X& xs, Op& op) {
    const auto begin = std::ranges::begin(xs);
    using difference = std::ranges::range_difference_t<X>;
    T sum = static_cast<T>(begin[static_cast<difference>(first)]);
    in_blocks(first + 1, last, [&](std::size_t i, std::size_t end) {
        T part = std::move(sum);
        for (; i != end; ++i)
            part = std::invoke(op, std::move(part), begin[static_cast<difference>(i)]);
        sum = std::move(part);
    });
    return sum;
}

/// The same, halving until a piece is small enough; the halves are forked.
template <class T, class X, class Op>
task<T> reduce_piece(std::size_t first, std::size_t last, std::size_t grain, X& xs, Op& op) {
    if (last - first > grain) {
        const std::size_t middle = first + (last - first) / 2;
        auto [left, right] = co_await when_all(reduce_piece<T>(first, middle, grain, xs, op),
                                               reduce_piece<T>(middle, last, grain, xs, op));
        co_return std::invoke(op, std::move(left), std::move(right));
    }
    co_return fold_stretch<T>(first, last, xs, op);
}

/// True if partial results can be joined: then the fold is cut up.
template <class T, class X, class Op>
concept joins_parts = std::convertible_to<std::ranges::range_reference_t<X>, T> &&
                      std::is_invocable_r_v<T, std::remove_reference_t<Op>&, T, T>;

template <class T, class X, class Op>
task<T> fold(X& xs, T init, Op& op) {
    const auto begin = std::ranges::begin(xs);
    in_blocks(0, static_cast<std::size_t>(std::ranges::size(xs)), [&](std::size_t i, std::size_t end) {
        for (; i != end; ++i)
            init = std::invoke(op, std::move(init), begin[static_cast<std::ranges::range_difference_t<X>>(i)]);
    });
    co_return init;
}

template <class T, class X, class Op>
task<T> reduce_all(X xs, T init, Op op, parallel_options options) {
    if constexpr (joins_parts<T, X, Op>) {
        const auto size = static_cast<std::size_t>(std::ranges::size(xs));
        if (size == 0) co_return init;
        T sum = co_await in_parallel(reduce_piece<T>(0, size, chosen_grain(size, options), xs, op));
        co_return std::invoke(op, std::move(init), std::move(sum));
    } else {
        co_return co_await in_parallel(fold<T>(xs, std::move(init), op));
    }
}

/// Folds the elements with op, several pieces at once, each from left to right and joined from left to right.
/// Shape: empty: init. op must be associative over T: where the pieces are cut depends on the number of workers, so that
/// floating-point sums may differ from machine to machine in their last digits. An op that takes an element but no
/// second T cannot join pieces: then the fold is one piece on the pool.
/// Errors, Cancel, Cost: as `parallel_for`.
template <std::ranges::input_range X, class T, class Op>
    requires std::invocable<std::remove_reference_t<Op>&, T, std::ranges::range_reference_t<X>>
auto parallel_reduce(X&& xs, T init, Op&& op, parallel_options options = {}) {
    COIL_REFUSE_OWNING_CLOSURE(Op);
    using Indexed = decltype(indexable(std::forward<X>(xs)));
    using Kept = std::conditional_t<std::is_rvalue_reference_v<Indexed>, std::remove_reference_t<Indexed>, Indexed>;
    return reduce_all<T, Kept, Op>(indexable(std::forward<X>(xs)), std::move(init), std::forward<Op>(op), options);
}

}  // namespace coil
