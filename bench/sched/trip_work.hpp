// SPDX-License-Identifier: BSL-1.0
// What the sides of the hop and post rows share.
#pragma once

#include <chrono>
#include <cstdint>

namespace trip_work {

inline constexpr std::uint64_t asleep = 1'000;  // round trips, each after a rest
inline constexpr std::uint64_t awake = 20'000;
inline constexpr std::uint64_t posts = 200'000;
inline constexpr std::uint64_t burst = 1'000;  // posts between two waits for the loop to have caught up

/// How long both sides rest before a round trip, so that it finds them asleep.
inline constexpr std::chrono::microseconds rest{150};

}  // namespace trip_work
