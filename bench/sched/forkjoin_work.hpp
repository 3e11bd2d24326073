// SPDX-License-Identifier: BSL-1.0
// What the sides of the fork-join rows share.
#pragma once

#include <cstdint>

#include "../coro/await_work.hpp"

namespace forkjoin_work {

inline constexpr unsigned fib_of = 27;                  // 317,810 inner nodes a batch
inline constexpr std::uint64_t sky_leaves = 1'000'000;  // 1,111,111 tasks
inline constexpr std::uint64_t sky_tasks = 1'111'111;

inline constexpr double fib_nodes = static_cast<double>(await_work::inner_nodes(fib_of));

}  // namespace forkjoin_work
