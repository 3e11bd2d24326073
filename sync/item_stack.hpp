// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/item_memory.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace coil {

/// Keeps the items of a queue so that the latest is the first to go. Cost: as `item_ring`.
template <class T>
class item_stack {
public:
    using memory = item_memory<T>;

    item_stack() noexcept = default;
    item_stack(const item_stack&) = delete;
    item_stack& operator=(const item_stack&) = delete;
    ~item_stack() { std::destroy_n(slots_.data(), size_); }

    std::size_t size() const noexcept { return size_; }
    bool has_room() const noexcept { return size_ != slots_.size(); }
    std::size_t room() const noexcept { return slots_.size(); }
    void push(T&& item) noexcept { std::construct_at(slots_.data() + size_++, std::move(item)); }
    void pop(std::optional<T>& to) noexcept {
        T* const last = slots_.data() + --size_;
        to.emplace(std::move(*last));
        std::destroy_at(last);
    }
    void move_into(memory& bigger) noexcept {
        std::uninitialized_move_n(slots_.data(), size_, bigger.data());
        std::destroy_n(slots_.data(), size_);
        slots_.swap(bigger);
    }

private:
    memory slots_;
    std::size_t size_ = 0;
};

}  // namespace coil
