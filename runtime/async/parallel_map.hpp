// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/parallel.hpp>
#include <coil/runtime/async/parallel_for.hpp>
#include <coil/runtime/coro/closure.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil {

template <class X, class F>
using mapped =
    std::remove_cvref_t<std::invoke_result_t<std::remove_reference_t<F>&, std::ranges::range_reference_t<X>>>;

template <class X, class F>
task<std::vector<mapped<X, F>>> map_all(X xs, F f, parallel_options options) {
    // each result has a place of its own from the start: it need not be default-constructible, and bits do not share
    std::vector<std::optional<mapped<X, F>>> places(static_cast<std::size_t>(std::ranges::size(xs)));
    const std::size_t grain = chosen_grain(places.size(), options);
    const auto fill = [&, begin = std::ranges::begin(xs)](std::size_t i) {
        places[i].emplace(std::invoke(f, begin[static_cast<std::ranges::range_difference_t<X>>(i)]));
    };
    co_await in_parallel(for_piece(0, places.size(), grain, fill));
    std::vector<mapped<X, F>> results;
    results.reserve(places.size());
    for (auto& filled : places)
        results.push_back(std::move(*filled));
    co_return results;
}

/// Calls f for every element on the pool, several at once, and collects the results in the order of the elements.
/// Shape: any input range; one that can be indexed is not copied. An lvalue range must outlive the await.
/// Errors, Cancel, Cost: as `parallel_for`; a result is moved once.
template <std::ranges::input_range X, class F>
    requires std::invocable<std::remove_reference_t<F>&, std::ranges::range_reference_t<X>>
auto parallel_map(X&& xs, F&& f, parallel_options options = {}) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    using Indexed = decltype(indexable(std::forward<X>(xs)));
    using Kept = std::conditional_t<std::is_rvalue_reference_v<Indexed>, std::remove_reference_t<Indexed>, Indexed>;
    return map_all<Kept, F>(indexable(std::forward<X>(xs)), std::forward<F>(f), options);
}

}  // namespace coil
