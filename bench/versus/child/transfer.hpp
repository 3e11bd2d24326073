// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace versus {

/// Writes all of it; throws std::system_error that names `what`.
void write_all(int fd, std::span<const std::byte> bytes, std::string_view what);
void write_all(int fd, std::string_view text, std::string_view what);

/// Reads some; 0 at the end. Throws std::system_error that names `what`.
std::size_t read_some(int fd, std::span<std::byte> into, std::string_view what);

/// Fills `into`; false if the stream had ended before its first byte.
/// Errors: an end in the middle is a std::runtime_error.
bool read_exactly(int fd, std::span<std::byte> into, std::string_view what);

/// Reads up to the end of the stream.
std::string read_rest(int fd, std::string_view what);

}  // namespace versus
