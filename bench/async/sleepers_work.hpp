// SPDX-License-Identifier: BSL-1.0
// What the sides of the sleeping rows share.
#pragma once

#include <chrono>
#include <cstdint>

namespace sleepers_work {

inline constexpr std::uint64_t million = 1'000'000;
inline constexpr std::uint64_t stopped = 100'000;
inline constexpr std::uint64_t idle = 1'000;
inline constexpr std::chrono::seconds idle_for{3};

/// Spreads the sleeps over 1 to 1,000 ms, the same for every side.
inline std::chrono::nanoseconds span(std::uint64_t i) {
    // The high bits of a multiplicative hash: neighbours lie far apart, so that a heap has to work.
    const std::uint64_t h = (i + 1) * 0x9e3779b97f4a7c15ULL;
    return std::chrono::nanoseconds(1'000'000 + (h >> 32) * 999 / 4295);
}

}  // namespace sleepers_work
