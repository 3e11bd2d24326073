// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

namespace coil {

/// Is the pool's queue for what comes from outside its workers: first in, first out, for any number of threads.
/// Cost: a short lock; looking whether it is empty is one load.
class injection {
public:
    void push(node& n) noexcept {
        std::scoped_lock guard(lock_);
        list_.push_back(n);
        // sequentially consistent: a worker that parks looks here after it announced itself
        count_.fetch_add(1, std::memory_order_seq_cst);
    }
    void push(node_list&& batch) noexcept {
        std::size_t n = 0;
        for (node* i = batch.front(); i; i = i->next) ++n;
        std::scoped_lock guard(lock_);
        list_.append(std::move(batch));
        count_.fetch_add(n, std::memory_order_seq_cst);
    }
    node* pop() noexcept {
        if (empty()) return nullptr;
        std::scoped_lock guard(lock_);
        node* n = list_.pop_front();
        if (n) count_.fetch_sub(1, std::memory_order_relaxed);
        return n;
    }
    bool empty() const noexcept { return count_.load(std::memory_order_seq_cst) == 0; }

private:
    alignas(64) spin_lock lock_;
    node_list list_;
    alignas(64) std::atomic<std::size_t> count_{0};
};

}  // namespace coil
