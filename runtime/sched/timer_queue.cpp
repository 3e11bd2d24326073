// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/timer_queue.hpp>

#include <coil/runtime/base/contract.hpp>

#include <algorithm>
#include <mutex>
#include <new>

namespace coil {

void timer_queue::rise(std::size_t i, entry e) noexcept {
    while (i != 0) {
        const std::size_t parent = (i - 1) / ways;
        if (heap_[parent].deadline <= e.deadline) break;
        place_at(i, heap_[parent]);
        i = parent;
    }
    place_at(i, e);
}

void timer_queue::sink(std::size_t i, entry e) noexcept {
    const std::size_t count = heap_.size();
    for (;;) {
        const std::size_t first = i * ways + 1;
        if (first >= count) break;
        const std::size_t last = std::min(first + ways, count);
        std::size_t least = first;
        for (std::size_t c = first + 1; c != last; ++c)
            if (heap_[c].deadline < heap_[least].deadline) least = c;
        if (heap_[least].deadline >= e.deadline) break;
        place_at(i, heap_[least]);
        i = least;
    }
    place_at(i, e);
}

void timer_queue::remove_at(std::size_t i) noexcept {
    heap_[i].owner->slot = timer::idle;
    heap_[i].owner->queue = nullptr;
    const entry moved = heap_.back();
    heap_.pop_back();
    if (i == heap_.size()) return;
    if (i != 0 && heap_[(i - 1) / ways].deadline > moved.deadline) rise(i, moved);
    else sink(i, moved);
}

bool timer_queue::arm(timer& t) noexcept {
    std::scoped_lock guard(lock_);
    try {
        heap_.push_back({});
    } catch (const std::bad_alloc&) {
        broken("out of memory for another timer");
    }
    t.queue = this;
    rise(heap_.size() - 1, {t.deadline.time_since_epoch().count(), &t});
    if (t.slot != 0) return false;
    note_earliest();
    return true;
}

bool timer_queue::disarm(timer& t) noexcept {
    for (;;) {
        {
            std::scoped_lock guard(lock_);
            if (t.queue == this) {
                const bool was_earliest = t.slot == 0;
                remove_at(t.slot);
                if (was_earliest) note_earliest();
                return true;
            }
            if (firing_ != &t || firer_ == std::this_thread::get_id()) return false;
        }
        std::this_thread::yield();  // its `fire` is under way on the executor's thread: a few instructions
    }
}

std::size_t timer_queue::fire_due(time_point now) noexcept {
    if (earliest() > now) return 0;
    const std::int64_t limit = now.time_since_epoch().count();
    std::size_t count = 0;
    for (;; ++count) {
        timer* t = nullptr;
        {
            std::scoped_lock guard(lock_);
            firing_ = nullptr;
            if (!heap_.empty() && heap_.front().deadline <= limit) {
                t = heap_.front().owner;
                remove_at(0);
                firing_ = t;
                firer_ = std::this_thread::get_id();
            }
            note_earliest();
        }
        if (!t) return count;
        t->fire(*t);  // from here on the timer may be gone
    }
}

std::size_t timer_queue::size() const noexcept {
    std::scoped_lock guard(lock_);
    return heap_.size();
}

}  // namespace coil
