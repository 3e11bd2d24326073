// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/sync/waiter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace coil {

/// Takes memory from the recycled frames, so that what is sent again and again allocates nothing.
template <class T>
class recycling_allocator {
public:
    using value_type = T;
    recycling_allocator() noexcept = default;
    template <class U>
    recycling_allocator(const recycling_allocator<U>&) noexcept {}
    T* allocate(std::size_t n) {
        static_assert(alignof(T) <= 16, "coil: what is shared may be aligned to 16 bytes at most");
        return static_cast<T*>(allocate_frame(n * sizeof(T)));
    }
    void deallocate(T* p, std::size_t n) noexcept { free_frame(p, n * sizeof(T)); }
    template <class U>
    bool operator==(const recycling_allocator<U>&) const noexcept {
        return true;
    }
};

/// Is one value that several receivers look at: it is copied for each of them while no lock is held.
template <class T>
using shared_item = std::shared_ptr<const T>;

template <class T>
shared_item<T> share(T&& value) {
    return std::allocate_shared<const T>(recycling_allocator<T>(), std::move(value));
}

/// Is what a waiter for shared items is given: the item, and its number. Nothing: there will be no more.
template <class T>
struct numbered_item {
    shared_item<T> item;
    std::uint64_t number = 0;

    std::uint64_t address() noexcept { return reinterpret_cast<std::uintptr_t>(this); }
    static numbered_item& of(const waiter& w) noexcept {
        return *reinterpret_cast<numbered_item*>(static_cast<std::uintptr_t>(w.wants));
    }
};

}  // namespace coil
