// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/futex.hpp>
#include <coil/runtime/base/time.hpp>

#include <atomic>
#include <cstdint>

namespace coil {

/// Puts one thread to sleep until another wakes it: a futex that remembers one early wake-up.
/// Threads: `park` by the one owner, `unpark` by any. Cost: no system call when the wake-up came first.
/// Source: futex(2), FUTEX_WAIT_BITSET with an absolute CLOCK_MONOTONIC deadline.
class parker {
public:
    parker() noexcept = default;
    parker(const parker&) = delete;
    parker& operator=(const parker&) = delete;

    /// Sleeps until `unpark` or the deadline. Returns false if the deadline came first.
    bool park(time_point deadline = never) noexcept;
    void unpark() noexcept;

private:
    bool take() noexcept;

    // 0: nobody sleeps, no wake-up kept; 1: a wake-up is kept; 2: the owner sleeps
    futex::word word_{0};
};

}  // namespace coil
