// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/item_memory.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace coil {

/// Keeps the items of a queue in the order in which they came: a ring that grows to twice its size.
/// Cost: nothing is allocated while it does not grow, and it never shrinks.
template <class T>
class item_ring {
public:
    using memory = item_memory<T>;

    item_ring() noexcept = default;
    item_ring(const item_ring&) = delete;
    item_ring& operator=(const item_ring&) = delete;
    ~item_ring() {
        for (; size_ != 0; --size_)
            std::destroy_at(take_front());
    }

    std::size_t size() const noexcept { return size_; }
    bool has_room() const noexcept { return size_ != slots_.size(); }
    std::size_t room() const noexcept { return slots_.size(); }
    /// There is room.
    void push(T&& item) noexcept {
        std::construct_at(slots_.data() + ((head_ + size_) & (slots_.size() - 1)), std::move(item));
        ++size_;
    }
    /// There is an item.
    void pop(std::optional<T>& to) noexcept {
        T* const front = take_front();
        to.emplace(std::move(*front));
        std::destroy_at(front);
        --size_;
    }
    /// Moves into larger memory, a power of two; what it had goes to `bigger`.
    void move_into(memory& bigger) noexcept {
        for (std::size_t i = 0; i != size_; ++i) {
            T* const from = take_front();
            std::construct_at(bigger.data() + i, std::move(*from));
            std::destroy_at(from);
        }
        head_ = 0;
        slots_.swap(bigger);
    }

private:
    T* take_front() noexcept {
        T* const front = slots_.data() + head_;
        head_ = (head_ + 1) & (slots_.size() - 1);
        return front;
    }
    memory slots_;  // a power of two of them, or none
    std::size_t head_ = 0;
    std::size_t size_ = 0;
};

}  // namespace coil
