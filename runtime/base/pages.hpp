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

/// Maps `bytes` of zeroes above `guard` bytes that nobody can touch: who runs off the lower end meets SIGSEGV there.
/// Shape: both in whole pages. Returns the lowest byte above the guard. Errors: null. Threads: any.
/// Cost: two system calls. Where the kernel has guard markers, neighbours of the same kind stay one mapping, however many
/// there are; else each takes two of the 65,530 that a process may have.
/// Source: mmap(2), MADV_GUARD_INSTALL of madvise(2) (Linux 6.13), mprotect(2).
[[nodiscard]] void* map_guarded(std::size_t bytes, std::size_t guard) noexcept;

/// Gives back what `map_guarded` gave.
void unmap_guarded(void* lowest, std::size_t bytes, std::size_t guard) noexcept;

/// Switches guard markers off (true), as on a kernel without them, for what is mapped from here on. Returns how it was.
bool without_guard_markers(bool off) noexcept;

}  // namespace coil::pages
