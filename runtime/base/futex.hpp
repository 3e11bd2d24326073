// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/time.hpp>

#include <atomic>
#include <cstdint>

/// Words on which threads sleep, of one process or of several that share memory.
namespace coil::futex {

using word = atomic_word<std::uint32_t>;

/// Tells whose threads sleep on a word: of this process alone, which costs less, or of whoever has it mapped.
enum class reach : std::uint8_t { shared, process };

/// Is how a wait ended.
enum class woken : std::uint8_t {
    yes,      ///< by a wake-up, or by nothing (a signal): look at the word
    changed,  ///< the word had another value to begin with
    late,     ///< the deadline came first
};

/// Puts the calling thread to sleep while the word has this value. Threads: any. Cost: one system call.
/// Source: futex(2), FUTEX_WAIT_BITSET with an absolute CLOCK_MONOTONIC deadline.
woken wait(const word& w, std::uint32_t value, time_point deadline = never, reach r = reach::shared) noexcept;

/// Wakes at most so many of those who sleep on the word, in threads and in rings, of whatever process; how many there were.
int wake(const word& w, int most = 1, reach r = reach::shared) noexcept;
/// Wakes all of them.
int wake_all(const word& w) noexcept;

}  // namespace coil::futex
