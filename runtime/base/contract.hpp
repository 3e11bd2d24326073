// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace coil {

/// Writes a place as "file:line", as every error of coil names one.
std::string to_string(place where);

/// Throws `std::logic_error` with "file:line: text": an object was used against its contract at that line.
[[noreturn]] void misuse(std::string_view text, place where);

/// Throws `std::system_error` of the generic category with "file:line: text", for misuse that has an errc.
[[noreturn]] void misuse(std::errc code, std::string_view text, place where);

/// Throws `std::invalid_argument` with "file:line: text": somebody gave a value that cannot be meant.
[[noreturn]] void bad_argument(std::string_view text, place where);

/// Ends the process with a sentence on stderr: a promise of coil itself is broken and going on would corrupt memory.
[[noreturn]] void broken(std::string_view text) noexcept;

}  // namespace coil
