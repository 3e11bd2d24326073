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

/// Keeps the items of a queue so that the greatest by `Less` is the first to go, and of equal ones the first that came;
/// `last - first` of them.
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
    static constexpr bool two_ends = false;

    item_heap() = default;
    item_heap(const item_heap&) = delete;
    item_heap& operator=(const item_heap&) = delete;

    std::size_t room() const noexcept { return slots_.size(); }
    void push(std::uint64_t first, std::uint64_t last, T&& item) noexcept {
        entry* const end = slots_.data() + (last - first);
        ::new (static_cast<void*>(end)) entry{std::move(item), last};
        std::push_heap(slots_.data(), end + 1, later_);
    }
    void pop(std::uint64_t first, std::uint64_t last, std::optional<T>& to) noexcept {
        entry* const end = slots_.data() + (last - first);
        std::pop_heap(slots_.data(), end, later_);
        to.emplace(std::move(end[-1].item));
        std::destroy_at(end - 1);
    }
    void move_into(memory& bigger, std::uint64_t first, std::uint64_t last) noexcept {
        std::uninitialized_move_n(slots_.data(), last - first, bigger.data());
        clear(first, last);
        slots_.swap(bigger);
    }
    void clear(std::uint64_t first, std::uint64_t last) noexcept { std::destroy_n(slots_.data(), last - first); }

private:
    memory slots_;
    [[no_unique_address]] later later_;
};

}  // namespace coil
