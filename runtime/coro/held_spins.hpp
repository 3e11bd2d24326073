// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace coil {

/// Counts the spin mutexes that this thread holds. In builds without NDEBUG the resumer ends the process with a sentence
/// when a coroutine has suspended with one: whoever spins for it would do so until that coroutine comes round again.
inline constinit thread_local std::uint32_t held_spins = 0;

}  // namespace coil
