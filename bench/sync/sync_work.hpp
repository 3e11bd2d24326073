// SPDX-License-Identifier: BSL-1.0
// What the sides of the rows of coordination share.
#pragma once

#include <cstdint>

namespace sync_work {

inline constexpr std::uint64_t batch = 200'000;
inline constexpr std::uint64_t crowd = 100, throng = 10'000, permits = 3, notified = 1000;

/// How many rounds each of `tasks` makes so that all of them make about n.
constexpr std::uint64_t rounds(std::uint64_t n, std::uint64_t tasks) {
    return n / tasks ? n / tasks : 1;
}

}  // namespace sync_work
