// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <mutex>

namespace coil {

/// Is the pool's queue for what comes from outside its workers: first in, first out, for any number of threads.
/// Cost: to push is one compare-and-swap, whatever the length; to pop a short lock that only workers take; looking
/// whether it is empty is two loads.
class injection {
public:
    void push(node& n) noexcept { push(n, n); }
    void push(node_list&& batch) noexcept {
        if (batch.empty()) return;
        node& first = *batch.front();
        batch.turn_round();
        node& last = *batch.front();
        batch.clear();
        push(last, first);
    }
    node* pop() noexcept {
        if (empty()) return nullptr;
        std::scoped_lock guard(lock_);
        if (list_.empty()) {
            // Before the nodes vanish from the stack: whoever finds that one empty sees this.
            some_taken_.store(true, std::memory_order_relaxed);
            list_ = node_list::from_stack(latest_.exchange(nullptr, std::memory_order_acq_rel));
        }
        node* n = list_.pop_front();
        if (list_.empty()) some_taken_.store(false, std::memory_order_relaxed);
        return n;
    }
    // Sequentially consistent: a worker that parks looks here after it announced itself.
    bool empty() const noexcept {
        return latest_.load(std::memory_order_seq_cst) == nullptr && !some_taken_.load(std::memory_order_seq_cst);
    }

private:
    // `top` is the latest of a chain that is linked from the latest to the first, `bottom`.
    void push(node& top, node& bottom) noexcept {
        node* old = latest_.load(std::memory_order_relaxed);
        do
            bottom.next = old;
        while (!latest_.compare_exchange_weak(old, &top, std::memory_order_seq_cst, std::memory_order_relaxed));
    }

    alignas(64) atomic_word<node*> latest_{nullptr};  // what was pushed since the last look, the latest first
    alignas(64) spin_lock lock_;
    atomic_word<bool> some_taken_{false};  // list_ holds some, or is about to
    node_list list_;                       // what was taken off the stack, the first first
};

}  // namespace coil
