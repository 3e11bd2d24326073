// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <cstdint>

namespace measure {

/// Switches counting on for the rest of the process.
void count_allocations();

/// Returns how often the malloc family was called since counting began.
std::uint64_t allocations();

/// Counts into a word of the caller's, which must outlive the process's last allocation.
void count_allocations_in(std::atomic<std::uint64_t>& word);

}  // namespace measure
