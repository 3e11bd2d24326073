// SPDX-License-Identifier: BSL-1.0
// What the sides of the rows of reads read: 4 KiB at a time, out of the cache or past it.
#pragma once
#include "scratch.hpp"

namespace floor_of {

inline constexpr std::uint64_t cached_size = std::uint64_t{64} << 20;
inline constexpr std::uint64_t direct_size = std::uint64_t{256} << 20;

/// The file of this process.
template <bool Direct>
const scratch_file& read_file() {
    static const scratch_file one(Direct ? direct_size : cached_size, Direct);
    return one;
}

}  // namespace floor_of
