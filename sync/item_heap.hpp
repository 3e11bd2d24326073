// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/item_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coil {

/// Keeps the items of a queue so that the greatest by `Less` is the first to go, and of equal ones the first that came.
/// Cost: as `item_ring`, and a logarithm of moves an item.
template <class T, class Less>
class item_heap {
    struct entry {
        T item;
        std::uint64_t number;
    };
    struct later {
        [[no_unique_address]] Less less;
        bool operator()(const entry& a, const entry& b) const noexcept {
            if (less(a.item, b.item)) return true;
            return !less(b.item, a.item) && a.number > b.number;
        }
    };

public:
    using memory = item_memory<entry>;

    item_heap() = default;
    item_heap(const item_heap&) = delete;
    item_heap& operator=(const item_heap&) = delete;
    ~item_heap() { std::destroy_n(slots_.data(), size_); }

    std::size_t size() const noexcept { return size_; }
    bool has_room() const noexcept { return size_ != slots_.size(); }
    std::size_t room() const noexcept { return slots_.size(); }
    void push(T&& item) noexcept {
        ::new (static_cast<void*>(slots_.data() + size_)) entry{std::move(item), numbers_++};
        ++size_;
        std::push_heap(slots_.data(), slots_.data() + size_, later_);
    }
    void pop(std::optional<T>& to) noexcept {
        std::pop_heap(slots_.data(), slots_.data() + size_, later_);
        entry* const first = slots_.data() + --size_;
        to.emplace(std::move(first->item));
        std::destroy_at(first);
    }
    void move_into(memory& bigger) noexcept {
        std::uninitialized_move_n(slots_.data(), size_, bigger.data());
        std::destroy_n(slots_.data(), size_);
        slots_.swap(bigger);
    }

private:
    memory slots_;
    std::size_t size_ = 0;
    std::uint64_t numbers_ = 0;  // of those that came
    [[no_unique_address]] later later_;
};

}  // namespace coil
