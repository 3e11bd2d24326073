// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/item_memory.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coil {

/// Keeps the items of a queue in the order in which they came: a ring that grows to twice its size. Which items it
/// holds is known to the queue: those from the number `first` on, up to but without `last`.
/// Threads: one may push while another pops, if each knows of the other's items and places what it is told.
/// Cost: nothing is allocated while it does not grow, and it never shrinks.
template <class T>
class item_ring {
public:
    using memory = item_memory<T>;
    static constexpr bool two_ends = true;  // pushing and popping touch nothing in common

    item_ring() noexcept = default;
    item_ring(const item_ring&) = delete;
    item_ring& operator=(const item_ring&) = delete;

    std::size_t room() const noexcept { return slots_.size(); }
    /// There is room.
    void push(std::uint64_t, std::uint64_t last, T&& item) noexcept { std::construct_at(at(last), std::move(item)); }
    /// There is an item.
    void pop(std::uint64_t first, std::uint64_t, std::optional<T>& to) noexcept {
        T* const front = at(first);
        to.emplace(std::move(*front));
        std::destroy_at(front);
    }
    /// Moves into larger memory, a power of two; what it had goes to `bigger`.
    void move_into(memory& bigger, std::uint64_t first, std::uint64_t last) noexcept {
        slots_.swap(bigger);
        for (std::uint64_t i = first; i != last; ++i) {
            T* const from = bigger.data() + (i & (bigger.size() - 1));
            std::construct_at(at(i), std::move(*from));
            std::destroy_at(from);
        }
    }
    void clear(std::uint64_t first, std::uint64_t last) noexcept {
        for (; first != last; ++first)
            std::destroy_at(at(first));
    }

private:
    T* at(std::uint64_t number) const noexcept { return slots_.data() + (number & (slots_.size() - 1)); }
    memory slots_;  // a power of two of them, or none
};

}  // namespace coil
