// SPDX-License-Identifier: BSL-1.0
#pragma once
#ifdef COIL_CHECKED_ATOMICS
#include COIL_CHECKED_ATOMICS
#else
#include <atomic>

namespace coil {

/// Is what lock-free code takes its atomics by: `std::atomic`, or where `tests/model` explores such code, a word that
/// shows it every value and order that the memory model allows. That build names its header by COIL_CHECKED_ATOMICS.
template <class T>
using atomic_word = std::atomic<T>;

}  // namespace coil
#endif
