// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <cstddef>

namespace versus {

inline constexpr double shortest_delay_ms = 1;
inline constexpr double longest_delay_ms = 50;

/// How long the server waits before it answers request `id`: the same in every run.
/// Short waits are more frequent than long ones, as with real services (the logarithm is spread evenly), and any
/// sequence of neighbouring ids covers the spread evenly, so that few requests have nearly the mean of many.
std::chrono::microseconds delay_of(std::size_t id);

/// The sum of the delays of the requests 0 to count - 1: what they must take at least, one after another.
std::chrono::microseconds delay_of_all(std::size_t count);

}  // namespace versus
