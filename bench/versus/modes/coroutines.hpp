// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "modes/mode.hpp"

namespace versus {

/// Coroutines on one thread, the loop's: all that waits is awaited side by side, all that computes is done in between.
mode_outcome run_on_loop(const workload& work, const work_spec& spec, std::size_t width);

/// The same with a fiber for each item: an ordinary function with a stack of its own, where a coroutine has a frame.
mode_outcome run_fibers(const workload& work, const work_spec& spec, std::size_t width);

/// Coroutines at home on the pool: each goes on at whichever worker is free, also after it has waited.
mode_outcome run_on_pool(const workload& work, const work_spec& spec, std::size_t width);

/// Coroutines on the loop that send their computing to the pool and come home with the result.
mode_outcome run_on_loop_and_pool(const workload& work, const work_spec& spec, std::size_t width);

}  // namespace versus
