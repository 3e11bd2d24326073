// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace coil::process {

/// Gives a child a descriptor: `from` of this process becomes number `to` of the child's.
struct descriptor_move {
    int from;  ///< or `null_device`
    int to;
};
/// Stands for /dev/null in a `descriptor_move`: the child opens it itself.
inline constexpr int null_device = -1;

/// Is a limit that a child gets, by the numbers of <sys/resource.h>: {RLIMIT_NOFILE, 64, 64}.
/// Source: setrlimit(2).
struct resource_limit {
    int resource;
    std::uint64_t soft;
    std::uint64_t hard;
};

}  // namespace coil::process
