// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace measure {

/// Switches counting on for the rest of the process.
void count_allocations();

/// Returns how often the malloc family was called since counting began.
std::uint64_t allocations();

}  // namespace measure
