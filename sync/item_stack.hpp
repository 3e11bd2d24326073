// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/item_memory.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coil {

/// Keeps the items of a queue so that the latest is the first to go; `last - first` of them. Cost: as `item_ring`.
template <class T>
class item_stack {
public:
    using memory = item_memory<T>;
    static constexpr bool two_ends = false;

    item_stack() noexcept = default;
    item_stack(const item_stack&) = delete;
    item_stack& operator=(const item_stack&) = delete;

    std::size_t room() const noexcept { return slots_.size(); }
    void push(std::uint64_t first, std::uint64_t last, T&& item) noexcept {
        std::construct_at(slots_.data() + (last - first), std::move(item));
    }
    void pop(std::uint64_t first, std::uint64_t last, std::optional<T>& to) noexcept {
        T* const latest = slots_.data() + (last - first - 1);
        to.emplace(std::move(*latest));
        std::destroy_at(latest);
    }
    void move_into(memory& bigger, std::uint64_t first, std::uint64_t last) noexcept {
        std::uninitialized_move_n(slots_.data(), last - first, bigger.data());
        clear(first, last);
        slots_.swap(bigger);
    }
    void clear(std::uint64_t first, std::uint64_t last) noexcept { std::destroy_n(slots_.data(), last - first); }

private:
    memory slots_;
};

}  // namespace coil
