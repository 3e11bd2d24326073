// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/queue_core.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/thread_wait.hpp>

#include <algorithm>
#include <mutex>

namespace coil {

const line_rules queue_core::rules_of_join = {"queue's end of work", &queue_core::arrive_to_join, nullptr};

queue_core::queue_core(count maxsize, const line_rules& get, const line_rules& put) noexcept
    : putters_(get_lock_, put, this), getters_(get_lock_, get, this),
      most_(maxsize.value() == 0 ? unlimited : static_cast<std::size_t>(maxsize.value())),
      joiners_(done_lock_, rules_of_join, this) {}

bool queue_core::closed() const noexcept {
    const std::scoped_lock guard(put_lock_);
    return closed_;
}

// A thousand under one locking: others want the lock too. Once it is closed nobody comes any more.
bool queue_core::end_some_waits() noexcept {
    constexpr int at_once = 1000;
    wake_batch wakes;
    const both_sides guard(*this);
    closed_ = true;
    for (int n = 0; n != at_once; ++n)
        if (!getters_.grant_front(wakes) && !putters_.grant_front(wakes)) return false;
    return true;
}

void queue_core::close() noexcept {
    while (end_some_waits()) {}
}

// How many were put is looked up when all of those that were known are done: whoever has got an item sees its put.
void queue_core::task_done(place where) {
    {
        wake_batch wakes;
        const std::scoped_lock guard(done_lock_);
        if (done_ == puts_known_) puts_known_ = puts_.load(std::memory_order_relaxed);
        if (done_ != puts_known_) [[likely]] {
            if (++done_ == puts_known_ && all_done())
                while (joiners_.grant_front(wakes)) {}
            return;
        }
    }
    misuse("task_done was called more often than items were put into the queue", where);
}

bool queue_core::all_done() const noexcept { return done_ == puts_.load(std::memory_order_relaxed); }

bool queue_core::finished() const noexcept {
    const std::scoped_lock guard(done_lock_);
    return all_done();
}

bool queue_core::arrive_to_join(wait_list& l, waiter&) noexcept { return l.of<queue_core>().all_done(); }

void queue_core::join_blocking(place where) {
    thread_wait me;
    me.sleep_in(joiners_, where);
}

void queue_core::put_twice(place where) { misuse("this put was awaited before, and its item is in the queue", where); }

void queue_core::refuse_closed(place where) { misuse("put to a closed queue", where); }

queue_statistics queue_core::statistics_of_lines() const noexcept {
    const wait_statistics get = getters_.statistics(), put = putters_.statistics();
    queue_statistics s;
    s.waiters = get.waiters + put.waiters;
    s.hand_overs = get.hand_overs + put.hand_overs;
    s.longest_queue = std::max(get.longest_queue, put.longest_queue);
    s.getters = get.waiters;
    s.putters = put.waiters;
    const std::scoped_lock done(done_lock_);
    const both_sides guard(*this);
    s.puts = puts_.load(std::memory_order_relaxed);
    s.most_items = most_items_;
    s.unfinished = s.puts - done_;
    return s;
}

}  // namespace coil
