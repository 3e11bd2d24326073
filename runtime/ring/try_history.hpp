// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

namespace coil::ring {

/// Tells whether a try is worth its price, by how the last ones went; above all whether trying to read without waiting is
/// worth a system call: a peer that answers requests never has anything at once. After a miss one try is left out, after the next three, then seven, then always
/// fifteen; after a hit, or when the kernel says that more lies there, none.
/// Threads: the one reader, on whatever thread, and the loop that completes its operations. A second reader, which is
/// refused, may confuse the guess and nothing else.
class try_history {
public:
    bool worth_a_try() noexcept {
        const std::uint8_t left = left_out_.load(std::memory_order_relaxed);
        if (left == 0) return true;
        left_out_.store(static_cast<std::uint8_t>(left - 1), std::memory_order_relaxed);
        return false;
    }
    void missed() noexcept {
        const unsigned misses = std::min(misses_.load(std::memory_order_relaxed) + 1U, most_misses);
        misses_.store(static_cast<std::uint8_t>(misses), std::memory_order_relaxed);
        left_out_.store(static_cast<std::uint8_t>((1U << misses) - 1), std::memory_order_relaxed);
    }
    /// A try was a hit, or the next one will be.
    void more_is_there() noexcept {
        misses_.store(0, std::memory_order_relaxed);
        left_out_.store(0, std::memory_order_relaxed);
    }

private:
    static constexpr unsigned most_misses = 4;
    std::atomic<std::uint8_t> misses_{0};    // in a row, up to most_misses
    std::atomic<std::uint8_t> left_out_{0};  // tries still to be left out
};

}  // namespace coil::ring
