// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

namespace io_test {

// Calls of operator new in this program so far.
std::size_t allocations() noexcept;

}  // namespace io_test
