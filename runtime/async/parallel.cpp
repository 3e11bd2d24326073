// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/parallel.hpp>

#include <coil/runtime/sched/thread_pool.hpp>

namespace coil {

std::size_t chosen_grain(std::size_t items, const parallel_options& options) noexcept {
    if (options.grain.value_or(0) != 0) return static_cast<std::size_t>(options.grain.value());
    constexpr std::size_t pieces_per_worker = 32;
    return std::max<std::size_t>(1, items / (pieces_per_worker * pool().size()));
}

}  // namespace coil
