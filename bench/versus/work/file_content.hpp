// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace versus {

/// The piece in which io-files reads.
inline constexpr std::size_t file_chunk_bytes = std::size_t{128} << 10;

/// Reads a file, or its first `most` bytes, piece by piece into a checksum.
/// Errors: std::system_error that names the file.
std::uint64_t checksum_of_file(const std::string& path, std::size_t most);

/// Reads a file, or its first `most` bytes, into memory. Errors: std::system_error that names the file.
std::vector<std::byte> content_of(const std::string& path, std::size_t most);

/// Asks the kernel to drop the file from its memory, so that the next reader has to wait for the device.
/// A file that cannot be opened is left to the reader to complain about.
void forget(const std::string& path);

/// The share of these files, 0 to 1, whose first page is in memory.
double share_in_memory(std::span<const std::string> paths);

}  // namespace versus
