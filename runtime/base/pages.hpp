// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>

namespace coil::pages {

/// Is how large and how aligned the memory is that `map` gives: one huge page of most machines.
inline constexpr std::size_t block_bytes = std::size_t{2} << 20;

enum class kind : bool { small, huge };

/// Maps a block of zeroes that takes no memory before it is written; of huge pages, if the kernel has them to give.
/// Errors: null. Threads: any. Cost: two system calls, four where the kernel does not align by itself.
/// Source: mmap(2), madvise(2).
[[nodiscard]] void* map(kind k) noexcept;

/// Says of what pages a block is to be from now on.
void advise(void* block, kind k) noexcept;

/// Gives a block back.
void unmap(void* block) noexcept;

/// Gives back the memory of a part of a block, in whole pages; the part reads as zeroes and may be written again.
void forget(void* part, std::size_t bytes) noexcept;

}  // namespace coil::pages
