// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

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

/// Is what every queue has, whatever it holds: one lock, who waits to get, to put and for the end of all work, and the
/// counts. Whoever waits to get finds nothing in the queue; whoever waits to put finds it full.
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
    [[noreturn]] static void put_twice();
    queue_statistics statistics_of_lines() const noexcept;

    mutable spin_lock lock_;  // guards all below, and the items
    bool closed_ = false;
    std::size_t most_;
    std::uint64_t unfinished_ = 0;
    std::uint64_t puts_ = 0;
    std::size_t most_items_ = 0;
    wait_list getters_;
    wait_list putters_;

private:
    bool finished() const noexcept;
    static bool arrive_to_join(wait_list& l, waiter& w) noexcept;
    static const line_rules rules_of_join;
    bool end_some_waits() noexcept;

    wait_list joiners_;
};

}  // namespace coil
