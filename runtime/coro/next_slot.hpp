// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <cstdint>

namespace coil {

/// Holds what a worker runs next: the first node that its own work has made ready. It stays where its memory is warm,
/// unless the worker does not come round to it: then another takes it (`idle::begin_watch`).
/// Threads: `put` by its worker, `take` by any. Cost: one exchange each; whoever looks at it and finds nothing, a load.
class next_slot {
public:
    // Sequentially consistent: who puts looks afterwards whether anybody watches; who ends his watch looks here once more.

    /// False if it is occupied.
    bool put(node& n) noexcept {
        if (held_.load(std::memory_order_relaxed) != nullptr) return false;
        puts_.store(puts_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        held_.store(&n, std::memory_order_seq_cst);
        return true;
    }
    node* take() noexcept {
        if (held_.load(std::memory_order_relaxed) == nullptr) return nullptr;
        return held_.exchange(nullptr, std::memory_order_acquire);  // pairs with put
    }
    /// How often something was put: what lies there from one look to the next without another put has been left behind.
    std::uint32_t puts() const noexcept { return puts_.load(std::memory_order_relaxed); }
    bool empty() const noexcept { return held_.load(std::memory_order_seq_cst) == nullptr; }

private:
    atomic_word<node*> held_{nullptr};  // written by its worker alone, but for the takings
    atomic_word<std::uint32_t> puts_{0};
};

}  // namespace coil
