// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/queue_core.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/thread_wait.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>

namespace coil {

const line_rules queue_core::rules_of_join = {"queue's end of work", &queue_core::arrive_to_join, nullptr};

queue_core::queue_core(count maxsize, const line_rules& get, const line_rules& put) noexcept
    : most_(maxsize.value() == 0 ? unlimited : static_cast<std::size_t>(maxsize.value())), getters_(lock_, get, this),
      putters_(lock_, put, this), joiners_(lock_, rules_of_join, this) {}

bool queue_core::closed() const noexcept {
    const std::scoped_lock guard(lock_);
    return closed_;
}

// A thousand under one locking: others want the lock too. Once it is closed nobody comes any more.
bool queue_core::end_some_waits() noexcept {
    constexpr int at_once = 1000;
    wake_batch wakes;
    const std::scoped_lock guard(lock_);
    closed_ = true;
    for (int n = 0; n != at_once; ++n)
        if (!getters_.grant_front(wakes) && !putters_.grant_front(wakes)) return false;
    return true;
}

void queue_core::close() noexcept {
    while (end_some_waits()) {}
}

void queue_core::task_done(place where) {
    {
        wake_batch wakes;
        const std::scoped_lock guard(lock_);
        if (unfinished_ != 0) [[likely]] {
            if (--unfinished_ == 0)
                while (joiners_.grant_front(wakes)) {}
            return;
        }
    }
    misuse("task_done was called more often than items were put into the queue", where);
}

bool queue_core::finished() const noexcept {
    const std::scoped_lock guard(lock_);
    return unfinished_ == 0;
}

bool queue_core::arrive_to_join(wait_list& l, waiter&) noexcept {
    return l.of<queue_core>().unfinished_ == 0;
}

void queue_core::join_blocking(place where) {
    thread_wait me;
    me.sleep_in(joiners_, where);
}

void queue_core::put_twice() { throw std::logic_error("this put was awaited before, and its item is in the queue"); }

void queue_core::refuse_closed(place where) { misuse("put to a closed queue", where); }

queue_statistics queue_core::statistics_of_lines() const noexcept {
    const wait_statistics get = getters_.statistics(), put = putters_.statistics();
    queue_statistics s;
    s.waiters = get.waiters + put.waiters;
    s.hand_overs = get.hand_overs + put.hand_overs;
    s.longest_queue = std::max(get.longest_queue, put.longest_queue);
    s.getters = get.waiters;
    s.putters = put.waiters;
    const std::scoped_lock guard(lock_);
    s.puts = puts_;
    s.most_items = most_items_;
    s.unfinished = unfinished_;
    return s;
}

}  // namespace coil
