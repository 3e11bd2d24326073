// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/deque.hpp>

namespace coil {

// Indices begin at 1, so that "one before the first" is no underflow and a limit of 0 means "somebody asks".
deque::deque(work_market& m) : market_(m), entries_(new atomic_word<fork_slot*>[capacity]) {
    ring_ = entries_.get();
    bottom_ = split_ = 1;
    limit_.store(capacity - 1, std::memory_order_relaxed);
}

void deque::publish(std::uint64_t split) noexcept {
    split_ = split;
    // sequentially consistent: a worker that parks reads it after it announced itself, we read the announcement after
    published_.store(split, std::memory_order_seq_cst);
}

void deque::attend() noexcept {
    if (bottom_ - top_.load(std::memory_order_relaxed) >= capacity - 2) {
        // nearly full: the oldest ones move to the injection queue, where anybody finds them
        publish(bottom_);
        for (std::size_t n = capacity / 2; n != 0; --n) {
            fork_slot* s = steal();
            if (!s) break;
            market_.overflow(*s);
        }
    }
    std::uint64_t normal = top_.load(std::memory_order_relaxed) + capacity - 2;
    const std::uint64_t own = bottom_ - split_;
    if (own != 0 && market_.anyone_idle()) {
        publish(split_ + (own + 1) / 2);
        if (market_.published()) normal = 0;
    } else if (market_.has_thieves() && top_.load(std::memory_order_relaxed) >= split_) {
        if (own == 0) {
            normal = 0;  // the next one is public
        } else {
            publish(split_ + 1);
            market_.published();  // whoever fell asleep since we looked
        }
    }
    limit_.store(normal, std::memory_order_relaxed);
}

void deque::publish_all() noexcept {
    if (bottom_ == split_) return;
    publish(bottom_);
    market_.published();
}

fork_slot* deque::pop_public() noexcept {
    const std::uint64_t last = bottom_ - 1;
    // the exchange is a full barrier: either a thief sees that the last one is taken back, or we see its claim
    published_.exchange(last, std::memory_order_seq_cst);
    std::uint64_t top = top_.load(std::memory_order_seq_cst);
    fork_slot* s = nullptr;
    if (top < last) {
        bottom_ = split_ = last;
        return entry(last).load(std::memory_order_relaxed);
    }
    if (top == last) {
        s = entry(last).load(std::memory_order_relaxed);
        if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst)) s = nullptr;
    }
    // empty now, whoever won; a thief that still sees `last` has missed nothing
    published_.store(last + 1, std::memory_order_relaxed);
    bottom_ = split_ = last + 1;
    if (market_.has_thieves()) ask();  // of ourselves: the next one is public
    return s;
}

bool deque::take_public(fork_slot& s) noexcept {
    if (top_.load(std::memory_order_relaxed) >= bottom_) return false;
    if (entry(bottom_ - 1).load(std::memory_order_relaxed) != &s) return false;
    return pop_public() == &s;
}

fork_slot* deque::pop() noexcept {
    if (bottom_ > split_) {
        fork_slot* s = entry(--bottom_).load(std::memory_order_relaxed);
        if (limit_.load(std::memory_order_relaxed) == 0) attend();
        return s;
    }
    if (top_.load(std::memory_order_relaxed) >= bottom_) return nullptr;
    return pop_public();
}

fork_slot* deque::steal() noexcept {
    std::uint64_t top = top_.load(std::memory_order_seq_cst);
    if (const std::uint64_t end = published_.load(std::memory_order_seq_cst); top < end) {
        fork_slot* s = entry(top).load(std::memory_order_relaxed);
        if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst)) return nullptr;
        if (top + 1 == end) ask();
        return s;
    }
    if (limit_.load(std::memory_order_relaxed) != 0) ask();
    return nullptr;
}

}  // namespace coil
