// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/pages.hpp>

#include <sys/mman.h>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace coil::pages {

namespace {

#ifndef MADV_GUARD_INSTALL
constexpr int MADV_GUARD_INSTALL = 102;
#endif

std::atomic<bool> no_guard_markers{false};  // asked for, or this kernel has none

void* map_bytes(std::size_t bytes) noexcept {
    void* const p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? nullptr : p;
}

std::size_t past_boundary(const void* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p) % block_bytes;
}

// Linux from 6.7 on aligns what can be a huge page; otherwise twice as much is mapped, and the ends are cut off.
void* map_aligned() noexcept {
    void* const whole = map_bytes(block_bytes);
    if (!whole || past_boundary(whole) == 0) return whole;
    ::munmap(whole, block_bytes);
    auto* const twice = static_cast<char*>(map_bytes(2 * block_bytes));
    if (!twice) return nullptr;
    const std::size_t before = (block_bytes - past_boundary(twice)) % block_bytes;
    if (before != 0) ::munmap(twice, before);
    ::munmap(twice + before + block_bytes, block_bytes - before);
    return twice + before;
}

}  // namespace

// A failed advice changes no meaning: the errno of whoever allocates stays.
void* map() noexcept {
    void* const block = map_aligned();
    if (!block) return nullptr;
    const int before = errno;
    ::madvise(block, block_bytes, MADV_NOHUGEPAGE);
    errno = before;
    return block;
}

void unmap(void* block) noexcept {
    ::munmap(block, block_bytes);
}

void forget(void* part, std::size_t bytes) noexcept {
    const int before = errno;
    ::madvise(part, bytes, MADV_DONTNEED);
    errno = before;
}

// MAP_STACK: no huge pages; MAP_NORESERVE: most of it is never touched.
void* map_guarded(std::size_t bytes, std::size_t guard) noexcept {
    void* const whole = ::mmap(nullptr, guard + bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (whole == MAP_FAILED) return nullptr;
    const int before = errno;
    if (no_guard_markers.load(std::memory_order_relaxed) || ::madvise(whole, guard, MADV_GUARD_INSTALL) != 0) {
        if (errno == EINVAL) no_guard_markers.store(true, std::memory_order_relaxed);
        if (::mprotect(whole, guard, PROT_NONE) != 0) {
            ::munmap(whole, guard + bytes);
            return nullptr;
        }
    }
    errno = before;
    return static_cast<char*>(whole) + guard;
}

void unmap_guarded(void* lowest, std::size_t bytes, std::size_t guard) noexcept {
    ::munmap(static_cast<char*>(lowest) - guard, guard + bytes);
}

bool without_guard_markers(bool off) noexcept {
    return no_guard_markers.exchange(off, std::memory_order_relaxed);
}

}  // namespace coil::pages
