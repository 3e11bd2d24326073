// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

namespace coil::ring {

// Writes to the standard error output from a handler of a signal: no lock, no memory, no part of the library that the
// signal may have interrupted. What cannot be written is lost.
void say_last_words(std::string_view text) noexcept;

}  // namespace coil::ring
