// SPDX-License-Identifier: BSL-1.0
// What the sides of the rows of fibers share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fiber_work {

inline constexpr std::uint64_t batch = 200'000;
inline constexpr std::size_t stack_bytes = std::size_t{128} << 10;

}  // namespace fiber_work
