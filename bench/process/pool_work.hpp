// SPDX-License-Identifier: BSL-1.0
// What the rows of pools have in common.
#pragma once

#include <chrono>
#include <cstdint>

namespace pool_work {

inline constexpr std::uint64_t items = 1 << 17;
inline constexpr std::uint64_t calls = 1 << 13;
inline constexpr std::uint64_t asleep = 200;
inline constexpr std::uint64_t starts = 20;
inline constexpr auto rest = std::chrono::milliseconds(2);  // long enough for everybody to fall asleep

inline int twice(int x) { return 2 * x; }

}  // namespace pool_work
