// SPDX-License-Identifier: BSL-1.0
// What the sides of the spawn and yield rows share.
#pragma once

#include <cstdint>

namespace spawn_work {

inline constexpr std::uint64_t batch = 200'000;
inline constexpr std::uint64_t million = 1'000'000;

}  // namespace spawn_work
