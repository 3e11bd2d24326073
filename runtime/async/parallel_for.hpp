// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/parallel.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/closure.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace coil {

/// Calls f for [first, last), halving until a piece is small enough; the halves are forked.
template <class F>
task<> for_piece(std::size_t first, std::size_t last, std::size_t grain, F& f) {
    if (last - first > grain) {
        const std::size_t middle = first + (last - first) / 2;
        co_await when_all(for_piece(first, middle, grain, f), for_piece(middle, last, grain, f));
        co_return;
    }
    if constexpr (awaitable<std::invoke_result_t<F&, std::size_t>>) {
        for (std::size_t i = first; i != last; ++i) {
            if ((i - first) % items_per_look == 0) this_task::check_stop();
            co_await std::invoke(f, i);
        }
    } else {
        in_blocks(first, last, [&f](std::size_t i, std::size_t end) {
            for (; i != end; ++i)
                std::invoke(f, i);
        });
    }
}

template <class F>
task<> for_all(std::size_t first, std::size_t last, parallel_options options, F f) {
    const std::size_t grain = chosen_grain(last - first, options);
    co_await in_parallel(for_piece<std::remove_reference_t<F>>(first, last, grain, f));
}

/// Calls f(i) for every i of [first, last) on the pool, in any order, several at once. f may return an awaitable.
/// Shape: last <= first: no call. Completes: at home, when every call has ended.
/// Errors: the first exception in time stops what has not begun and is thrown; `std::invalid_argument` for a negative
/// index or grain. Cancel: between two pieces, and every 1,024 items. Lifetime: f is shared by all calls: an rvalue is
/// kept, an lvalue referred to. Cost: a frame per piece; nothing per item.
template <std::integral First, std::integral Last, class F>
    requires std::invocable<std::remove_reference_t<F>&, std::size_t>
task<> parallel_for(First first, Last last, F&& f, parallel_options options = {}, place where = place::current()) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    if (std::cmp_less_equal(last, first)) return for_all<F>(0, 0, options, std::forward<F>(f));
    if (std::cmp_less(first, 0))
        bad_argument("parallel_for: a negative index: " + std::to_string(first), where);
    return for_all<F>(static_cast<std::size_t>(first), static_cast<std::size_t>(last), options, std::forward<F>(f));
}

}  // namespace coil
