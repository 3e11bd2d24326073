// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/pages.hpp>

#include <cstddef>
#include <cstdint>

namespace coil::frames {

// A piece of memory for frames of one class: as small as it can be while the largest class loses little in it, because
// one live frame holds all of it.
inline constexpr std::size_t slab_bytes = std::size_t{32} << 10;
inline constexpr std::size_t slabs_per_block = pages::block_bytes / slab_bytes;

// What is known about a slab. It lies at the beginning of the block, not of the slab: there all of them share few lines.
// Guarded by the lock of its class while it has one.
struct slab {
    void* home = nullptr;  // dead frames that no thread has
    void* home_last = nullptr;
    slab* next = nullptr;
    slab* previous = nullptr;
    std::uint16_t home_count = 0;
    std::uint16_t begun = 0;  // frames that have been given out at least once
    std::uint16_t out = 0;    // frames that threads have, alive or listed
    bool listed = false;
};

struct slab_block {
    slab_block* next = nullptr;
    slab_block* previous = nullptr;
    std::uint64_t empty = 0;  // a bit for each slab that nobody has
    std::uint64_t dirty = 0;  // of these, those that take memory
    slab slabs[slabs_per_block];
};

inline constexpr std::size_t head_bytes = 4096;  // the first slab is shorter by as much
static_assert(sizeof(slab_block) <= head_bytes && slabs_per_block == 64);

inline slab_block& block_of(const void* p) noexcept {
    return *reinterpret_cast<slab_block*>(reinterpret_cast<std::uintptr_t>(p) & ~(pages::block_bytes - 1));
}
inline slab& slab_of(const void* frame) noexcept {
    return block_of(frame).slabs[reinterpret_cast<std::uintptr_t>(frame) % pages::block_bytes / slab_bytes];
}
inline std::size_t number_of(const slab& s) noexcept {
    return static_cast<std::size_t>(&s - block_of(&s).slabs);
}
// Frames of one place in different slabs would share their low 12 bits, and with them cache sets and store buffers: so
// the slabs begin at different lines.
inline std::size_t colour_of(std::size_t number) noexcept {
    return number * 5 % 16 * 64;
}
inline std::byte* begin_of(const slab& s) noexcept {
    const std::size_t n = number_of(s);
    return reinterpret_cast<std::byte*>(&block_of(&s)) + n * slab_bytes + colour_of(n) + (n == 0 ? head_bytes : 0);
}
inline std::byte* end_of(const slab& s) noexcept {
    return reinterpret_cast<std::byte*>(&block_of(&s)) + (number_of(s) + 1) * slab_bytes;
}

// The slabs that no class has. Threads: any.
namespace slab_pool {

// Throws std::bad_alloc.
slab& take();

// Memory beyond a fixed sum goes back to the system.
void put(slab& s) noexcept;

// For a fork.
void lock() noexcept;
void unlock() noexcept;

}  // namespace slab_pool

}  // namespace coil::frames
