// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/idle.hpp>

#include <algorithm>
#include <mutex>

namespace coil {

void idle::announce(worker& w, bool was_searching) noexcept {
    std::scoped_lock guard(lock_);
    asleep_.push_back(&w);  // the pool has reserved room for all of its workers
    word_.fetch_add(one_sleeper - (was_searching ? 1 : 0), std::memory_order_seq_cst);
}

bool idle::withdraw(worker& w) noexcept {
    std::scoped_lock guard(lock_);
    const auto it = std::find(asleep_.begin(), asleep_.end(), &w);
    if (it == asleep_.end()) return false;
    asleep_.erase(it);
    word_.fetch_sub(one_sleeper, std::memory_order_seq_cst);
    return true;
}

worker* idle::choose() noexcept {
    const std::uint32_t seen = word_.load(std::memory_order_seq_cst);
    if (seen < one_sleeper || (seen & searchers) != 0) return nullptr;
    std::scoped_lock guard(lock_);
    if (asleep_.empty() || !start_search()) return nullptr;
    worker* w = asleep_.back();  // the last to fall asleep has the warmest caches
    asleep_.pop_back();
    word_.fetch_sub(one_sleeper, std::memory_order_seq_cst);
    return w;
}

worker* idle::choose_any() noexcept {
    std::scoped_lock guard(lock_);
    if (asleep_.empty()) return nullptr;
    worker* w = asleep_.back();
    asleep_.pop_back();
    word_.fetch_sub(one_sleeper, std::memory_order_seq_cst);
    return w;
}

}  // namespace coil
