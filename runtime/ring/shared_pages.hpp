// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

/// Memory that processes share, behind a descriptor that can travel.
namespace coil::ring::shared_pages {

/// Makes a file in memory that keeps its size for ever (sealed), full of zeroes: its descriptor, or a negative errno.
/// Shape: at least one byte. Errors: -ENOMEM above what the machine has in memory and swap; otherwise memory is taken page
/// by page, as it is written. Source: memfd_create(2), F_SEAL_SHRINK and F_SEAL_GROW.
long make(const char* name, std::size_t bytes) noexcept;
/// From here on nobody gains the right to write: mappings that write go on, new ones read. 0 or a negative errno.
/// Source: F_SEAL_FUTURE_WRITE.
long forbid_new_writers(int fd) noexcept;

/// The size of what `make` made, perhaps in another process, or -EBADMSG: a file that could shrink would end in SIGBUS.
std::int64_t size(int fd) noexcept;
/// True if it may be mapped for writing.
bool can_write(int fd) noexcept;

/// Maps all of it, for reading or for both; null and errno. The descriptor may be closed afterwards.
/// It is not there in a forked child, which no call of coil may use anyhow.
void* map(int fd, std::size_t bytes, bool writable) noexcept;
void unmap(void* at, std::size_t bytes) noexcept;

}  // namespace coil::ring::shared_pages
