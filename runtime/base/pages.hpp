// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

namespace coil::pages {

/// Is how large and how aligned the memory is that `map` gives.
inline constexpr std::size_t block_bytes = std::size_t{2} << 20;

/// Maps a block of zeroes that takes memory page by page, as it is written. No huge pages: a part of the block can go back
/// alone, and on a virtual machine whose host has yet to find their memory they cost several times what they save.
/// Errors: null. Threads: any. Cost: two system calls, up to six where the kernel does not align by itself.
/// Source: mmap(2), madvise(2).
[[nodiscard]] void* map() noexcept;

/// Gives a block back.
void unmap(void* block) noexcept;

/// Gives back the memory of a part of a block, in whole pages; the part reads as zeroes and may be written again.
void forget(void* part, std::size_t bytes) noexcept;

}  // namespace coil::pages
