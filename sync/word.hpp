// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>

#include <atomic>

#include <sys/single_threaded.h>

namespace coil {

/// Replaces the value of an atomic word if it is the expected one: the one operation of an uncontended path.
/// On failure `expected` is what was found. In a process of one thread a load and a store do it.
/// Orders as acquire and release; a failure as relaxed.
template <class T>
inline bool replace(atomic_word<T>& word, T& expected, T value) noexcept {
    if (__libc_single_threaded) {
        const T found = word.load(std::memory_order_relaxed);
        if (found != expected) {
            expected = found;
            return false;
        }
        word.store(value, std::memory_order_relaxed);
        return true;
    }
    return word.compare_exchange_strong(expected, value, std::memory_order_acq_rel, std::memory_order_relaxed);
}

}  // namespace coil
