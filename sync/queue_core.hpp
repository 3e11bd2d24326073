// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace coil {

/// Tells how a queue has been used.
struct queue_statistics : wait_statistics {  // of both lines together; `longest_queue` of the longer
    std::size_t getters = 0;        // that wait now
    std::size_t putters = 0;        // that wait now
    std::uint64_t puts = 0;         // items that went in
    std::size_t most_items = 0;     // that ever lay in it
    std::uint64_t unfinished = 0;   // items for which `task_done` has not been said
};

/// Is what every queue has, whatever it holds: who waits to get, to put and for the end of all work, the counts, and the
/// locks of its two sides. Whoever waits to get finds nothing in the queue; whoever waits to put finds it full.
///
/// Who puts takes `put_lock_` and writes what lies beside it, who gets takes `get_lock_`; so each side stays in its
/// processor's cache until it looks over at the other, which it does when what it last saw of it is used up. What both
/// sides read is changed under both locks. Their order: `done_lock_`, `get_lock_`, `put_lock_`.
/// Both lines are under `get_lock_`. Who puts sees from `getters_wait_` that he has to look there; who waits to put is
/// let in by a getter under both locks, so that nobody sees the free place before him. An order with one end (a heap, a
/// stack) is all under `get_lock_`.
class queue_core {
public:
    queue_core(const queue_core&) = delete;
    queue_core& operator=(const queue_core&) = delete;

    /// The most items that may lie in it; 0 if there is no limit.
    std::size_t maxsize() const noexcept { return most_ == unlimited ? 0 : most_; }
    bool closed() const noexcept;

    /// Ends the queue for those who put; what lies in it can still be got, then `get` yields nothing.
    /// Those who wait to put at this moment have not put, and are told so as by a put to a closed queue. May be called
    /// again. Threads: any.
    void close() noexcept;

    /// Says that the work on one item that was got is done.
    /// Errors: `std::logic_error` if it is said more often than items were put. Threads: any.
    void task_done(place where = place::current());

    /// Is the awaiter of `join`.
    class [[nodiscard("co_await it")]] join_await : public line_wait {
    public:
        join_await(queue_core& q, place where) noexcept : line_wait(q.joiners_, where), queue_(&q) {}
        bool await_ready() noexcept { return refused() || queue_->finished(); }
        void await_resume() { settle(); }

    private:
        queue_core* queue_;
    };
    /// Waits until `task_done` was said for every item that was ever put; at once if so.
    /// Cancel: ends at once, nothing has happened.
    join_await join(place where = place::current()) noexcept { return {*this, where}; }
    /// The same, of a plain thread. Errors: as `thread_wait`.
    void join_blocking(place where = place::current());

protected:
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    queue_core(count maxsize, const line_rules& get, const line_rules& put) noexcept;
    ~queue_core() = default;

    [[noreturn]] static void refuse_closed(place where);
    [[noreturn]] static void put_twice(place where);
    queue_statistics statistics_of_lines() const noexcept;

    /// Holds both locks, in their order.
    class [[nodiscard]] both_sides {
    public:
        explicit both_sides(const queue_core& q) noexcept : queue_(&q) {
            q.get_lock_.lock();
            q.put_lock_.lock();
        }
        both_sides(const both_sides&) = delete;
        both_sides& operator=(const both_sides&) = delete;
        ~both_sides() {
            queue_->put_lock_.unlock();
            queue_->get_lock_.unlock();
        }

    private:
        const queue_core* queue_;
    };
    /// Under both locks; under get_lock_ alone there may be more at once.
    std::size_t items_there() const noexcept {
        return puts_.load(std::memory_order_relaxed) - gots_.load(std::memory_order_relaxed);
    }

    /// Under get_lock_, by whoever has taken all items that were known: looks how many were put by now.
    void look_for_items() noexcept {
        puts_seen_ = puts_.load(std::memory_order_acquire);  // pairs with the store of who put an item in
        getter_.store(this_side(), std::memory_order_relaxed);
    }
    /// Under put_lock_, by whoever has used all the room that was known: looks how many lie there, and returns it.
    std::size_t look_for_room(std::uint64_t last) noexcept {
        gots_seen_ = gots_.load(std::memory_order_acquire);  // pairs with the store of who took an item out
        const std::size_t there = last - gots_seen_;
        const std::size_t room = most_items_ - there;
        hasty_ = room - 1 < most_items_ / 8 && room < 8 && getter_.load(std::memory_order_relaxed) != this_side();
        return there;
    }
    /// Waits some hundred nanoseconds before such a look if the last one, not long ago, has found little room: who gets
    /// is at it in another thread, each look takes his line of the cache away from him, and then both are held up at
    /// every item.
    static void await_room() noexcept {
        for (int i = 0; i != 16; ++i) relax();
    }

    // Each side has one line of the cache that goes to and fro: its lock with the count that the other side reads, 16
    // bytes aligned to 16 (a coroutine's frame has no more). What others write or read all the time is at least a line
    // away from it.

private:
    // ---- under done_lock_; who has got an item is mostly who says that it is done
    mutable spin_lock done_lock_;
    std::uint64_t done_ = 0;
    std::uint64_t puts_known_ = 0;

protected:
    // ---- under get_lock_
    std::uint64_t puts_seen_ = 0;
    [[maybe_unused]] char apart_[16];  // from what lies before the queue
    alignas(16) mutable spin_lock get_lock_;
    atomic_word<std::uint32_t> getter_{0};  // the thread that last looked for items
    atomic_word<std::uint64_t> gots_{0};  // items that went out; who puts reads it to see more room
    wait_list putters_;  // here, because every get looks whether it is empty
    wait_list getters_;

    // ---- under put_lock_
    alignas(16) mutable spin_lock put_lock_;
    bool closed_ = false;        // written under both locks
    bool getters_wait_ = false;  // written under both; true if anybody is in the line of those who get, or has been
    bool hasty_ = false;         // the last look for room has found little
    atomic_word<std::uint64_t> puts_{0};  // items that went in; who gets reads it to see more items
    std::uint64_t gots_seen_ = 0;
    std::size_t most_items_ = 0;
    std::size_t most_;  // never written again

private:
    static std::uint32_t this_side() noexcept {
        return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&this_thread) >> 4);  // enough for a guess
    }
    bool finished() const noexcept;
    bool all_done() const noexcept;
    static bool arrive_to_join(wait_list& l, waiter& w) noexcept;
    static const line_rules rules_of_join;
    bool end_some_waits() noexcept;

    wait_list joiners_;
};

}  // namespace coil
