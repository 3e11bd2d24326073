// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

namespace coil {

/// Owns room for items, not the items: it is allocated while no lock is held, and takes part in a swap under one.
template <class T>
class item_memory {
public:
    item_memory() noexcept = default;
    explicit item_memory(std::size_t size) : slots_(std::allocator<T>().allocate(size)), size_(size) {}
    item_memory(const item_memory&) = delete;
    item_memory& operator=(const item_memory&) = delete;
    ~item_memory() {
        if (slots_) std::allocator<T>().deallocate(slots_, size_);
    }
    void swap(item_memory& other) noexcept {
        std::swap(slots_, other.slots_);
        std::swap(size_, other.size_);
    }
    T* data() const noexcept { return slots_; }
    std::size_t size() const noexcept { return size_; }

private:
    T* slots_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace coil
