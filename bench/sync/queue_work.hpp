// SPDX-License-Identifier: BSL-1.0
// What the sides of the queue rows share.
#pragma once

#include <cstdint>

namespace queue_work {

inline constexpr std::uint64_t one_loop = 200'000;
inline constexpr std::uint64_t two_threads = 400'000;
inline constexpr std::uint64_t burst = 64;     // a producer of the unbounded rows lets others run after so many
inline constexpr std::uint64_t large = 1024;   // the limit of the bounded rows
inline constexpr std::uint64_t producers = 4;  // of the rows of four to four, and as many consumers

}  // namespace queue_work
