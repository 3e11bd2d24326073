// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/sync/queue_core.hpp>
#include <coil/sync/thread_wait.hpp>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace coil {

/// Is a queue whose order is that of `Items`; see `queue`, `priority_queue` and `lifo_queue`.
/// Shape: T is moved, while a lock is held: its move constructor (and the order of a `priority_queue`) must not throw,
/// which would end the process, nor touch the queue.
template <class T, class Items>
class basic_queue : public queue_core {
public:
    using value_type = T;

    /// A queue of at most `maxsize` items, without a limit if that is 0.
    /// Errors: `std::invalid_argument` if it is negative.
    explicit basic_queue(count maxsize = 0) : queue_core(maxsize, rules_of_get, rules_of_put) {}

    /// Is the awaiter of `put`.
    class [[nodiscard("co_await it")]] put_await : public line_wait {
    public:
        put_await(basic_queue& q, T&& item, place where)
            : line_wait(q.putters_, where), queue_(&q), item_(std::move(item)) {}
        bool await_ready() { return refused() || queue_->put_now(item_); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            wants = address(item_);
            return line_wait::await_suspend(h);
        }
        void await_resume() {
            settle();
            if (item_) [[unlikely]]
                refuse_closed(where());
        }

    private:
        basic_queue* queue_;
        std::optional<T> item_;  // until it has been put
    };
    /// Puts an item at the back, once there is room.
    /// Errors: `std::logic_error` if the queue is closed, or is closed while this waits.
    /// Cancel: has not put. Threads: any. Cost: one lock; no allocation unless the queue grows.
    put_await put(T item, place where = place::current()) { return {*this, std::move(item), where}; }

    /// Is the awaiter of `put_for`.
    class [[nodiscard("co_await it")]] put_for_await : public timed_line_wait {
    public:
        put_for_await(basic_queue& q, T&& item, nanoseconds d, place where)
            : timed_line_wait(q.putters_, d, where), queue_(&q), item_(std::move(item)) {}
        bool await_ready() { return refused() || queue_->put_now(item_); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            wants = address(item_);
            return timed_line_wait::await_suspend(h);
        }
        bool await_resume() {
            if (!settle_in_time()) return false;
            if (item_) [[unlikely]]
                refuse_closed(where());
            return true;
        }

    private:
        basic_queue* queue_;
        std::optional<T> item_;
    };
    /// The same, but gives up after d: false then, and the item is gone.
    template <class Rep, class Period>
    put_for_await put_for(T item, std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return {*this, std::move(item), clamp_duration(d), where};
    }

    /// Puts an item if there is room at once; false if not, and then an rvalue has not been moved from.
    /// Errors: `std::logic_error` if the queue is closed.
    bool try_put(T&& item, place where = place::current()) {
        switch (offer(item)) {
        case answer::closed:
            refuse_closed(where);
        case answer::taken:
            return true;
        case answer::full:
            break;
        }
        return false;
    }
    bool try_put(const T& item, place where = place::current()) {
        T copy(item);
        return try_put(std::move(copy), where);
    }
    /// As `put`, of a plain thread, which sleeps meanwhile. Errors: those, and as `thread_wait`.
    void put_blocking(T item, place where = place::current()) {
        std::optional<T> mine(std::move(item));
        if (!put_now(mine)) {
            thread_wait me(address(mine));
            me.sleep_in(putters_, where);
        }
        if (mine) refuse_closed(where);
    }

    /// Is the awaiter of `get`.
    class [[nodiscard("co_await it")]] get_await : public line_wait {
    public:
        get_await(basic_queue& q, place where) noexcept : line_wait(q.getters_, where), queue_(&q) {}
        get_await(get_await&& other) noexcept : line_wait(std::move(other)), queue_(other.queue_) {}
        bool await_ready() noexcept { return refused() || queue_->get_now(item_); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            wants = address(item_);
            return line_wait::await_suspend(h);
        }
        std::optional<T> await_resume() {
            settle();
            return take_out(item_);
        }

    private:
        basic_queue* queue_;
        std::optional<T> item_;
    };
    /// Gets the item at the front, once there is one; nothing if the queue is closed and empty.
    /// Cancel: has got nothing, and nothing is lost; what had been handed over when the stop came is returned.
    /// Threads: any. Cost: one lock, no allocation.
    get_await get(place where = place::current()) noexcept { return {*this, where}; }

    /// Is the awaiter of `get_for`.
    class [[nodiscard("co_await it")]] get_for_await : public timed_line_wait {
    public:
        get_for_await(basic_queue& q, nanoseconds d, place where) noexcept
            : timed_line_wait(q.getters_, d, where), queue_(&q) {}
        get_for_await(get_for_await&& other) noexcept : timed_line_wait(std::move(other)), queue_(other.queue_) {}
        bool await_ready() noexcept { return refused() || queue_->get_now(item_); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            wants = address(item_);
            return timed_line_wait::await_suspend(h);
        }
        std::optional<T> await_resume() {
            (void)settle_in_time();
            return take_out(item_);
        }

    private:
        basic_queue* queue_;
        std::optional<T> item_;
    };
    /// The same, but gives up after d: nothing then.
    template <class Rep, class Period>
    get_for_await get_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, clamp_duration(d), where};
    }

    /// Gets the item at the front if there is one.
    std::optional<T> try_get() noexcept {
        std::optional<T> item;
        (void)get_now(item);
        return item;
    }
    /// As `get`, of a plain thread, which sleeps meanwhile. Errors: as `thread_wait`.
    std::optional<T> get_blocking(place where = place::current()) {
        std::optional<T> mine;
        if (!get_now(mine)) {
            thread_wait me(address(mine));
            me.sleep_in(getters_, where);
        }
        return mine;
    }

    /// Takes all that lies in the queue at this moment, in order; whoever waits to put then puts.
    /// Completes: at once. Threads: any.
    std::vector<T> drain() {
        std::vector<T> all;
        do {
            all.reserve(size());
        } while (!drain_into(all));
        return all;
    }

    std::size_t size() const noexcept {
        const std::scoped_lock guard(lock_);
        return items_.size();
    }
    bool empty() const noexcept { return size() == 0; }
    bool full() const noexcept { return size() >= most_; }
    queue_statistics statistics() const noexcept { return statistics_of_lines(); }

private:
    enum class answer : std::uint8_t { taken, full, closed };

    // Empties it, for it may be awaited again. The value by itself: a copy of the whole would wait for the two stores
    // that have just written it.
    static std::optional<T> take_out(std::optional<T>& item) {
        std::optional<T> got;
        if (item) [[likely]] {
            got.emplace(*std::move(item));
            item.reset();
        }
        return got;
    }

    static std::uint64_t address(std::optional<T>& item) noexcept { return reinterpret_cast<std::uintptr_t>(&item); }
    static std::optional<T>& item_of(waiter& w) noexcept {
        return *reinterpret_cast<std::optional<T>*>(w.wants);
    }

    // ---- takes the lock

    answer offer(T& item) {
        lock_.lock();
        if (takes_more() && getters_.empty()) [[likely]] {
            keep(std::move(item));
            lock_.unlock();
            return answer::taken;
        }
        lock_.unlock();
        return offer_slowly(item);
    }
    [[gnu::noinline]] answer offer_slowly(T& item) {
        for (;;) {
            std::size_t room = 0;
            {
                wake_batch wakes;
                const std::scoped_lock guard(lock_);
                if (closed_) return answer::closed;
                if (!getters_.empty())
                    if (waiter* const w = getters_.grant_front(wakes)) {
                        item_of(*w).emplace(std::move(item));
                        count_put();
                        return answer::taken;
                    }
                if (items_.size() >= most_) return answer::full;
                if (items_.has_room()) {
                    keep(std::move(item));
                    return answer::taken;
                }
                room = items_.room();
            }
            grow_beyond(room);
        }
    }
    // True if the matter is over: the item is gone, or the queue is closed and it is still here.
    bool put_now(std::optional<T>& item) {
        if (!item) [[unlikely]]
            put_twice();
        const answer a = offer(*item);
        if (a == answer::taken) item.reset();
        return a != answer::full;
    }
    bool get_now(std::optional<T>& to) noexcept {
        lock_.lock();
        if (items_.size() != 0 && putters_.empty()) [[likely]] {
            items_.pop(to);
            lock_.unlock();
            return true;
        }
        lock_.unlock();
        return get_slowly(to);
    }
    [[gnu::noinline]] bool get_slowly(std::optional<T>& to) noexcept {
        wake_batch wakes;
        const std::scoped_lock guard(lock_);
        if (items_.size() != 0) {
            hand_out(to, wakes);
            return true;
        }
        return closed_;
    }
    // Memory is asked for while nobody is held up; somebody else may have been quicker.
    [[gnu::noinline]] void grow_beyond(std::size_t room) {
        typename Items::memory bigger(std::max<std::size_t>(8, 2 * room));
        const std::scoped_lock guard(lock_);
        if (items_.room() == room) items_.move_into(bigger);
    }
    // False if there is more than the memory was made for.
    bool drain_into(std::vector<T>& all) {
        wake_batch wakes;
        const std::scoped_lock guard(lock_);
        if (items_.size() > all.capacity()) return false;
        for (std::optional<T> one; items_.size() != 0;) {
            items_.pop(one);
            all.push_back(*std::move(one));
        }
        while (items_.size() < most_ && items_.has_room() && admit(wakes)) {}
        return true;
    }

    // ---- under the lock

    bool takes_more() const noexcept { return !closed_ && items_.size() < most_ && items_.has_room(); }
    void count_put() noexcept {
        ++unfinished_;
        ++puts_;
    }
    void keep(T&& item) noexcept {
        items_.push(std::move(item));
        count_put();
        if (items_.size() > most_items_) most_items_ = items_.size();
    }
    // There is an item; whoever waits to put comes in its place.
    void hand_out(std::optional<T>& to, wake_batch& wakes) noexcept {
        items_.pop(to);
        if (!putters_.empty()) [[unlikely]]
            admit(wakes);
    }
    bool admit(wake_batch& wakes) noexcept {
        waiter* const w = putters_.grant_front(wakes);
        if (!w) return false;
        std::optional<T>& item = item_of(*w);
        keep(*std::move(item));
        item.reset();
        return true;
    }

    // What a waiter finds that had missed it a moment before: the lock was free in between.
    static bool arrive_to_get(wait_list& l, waiter& w, wake_batch& wakes) noexcept {
        auto& self = static_cast<basic_queue&>(l.of<queue_core>());
        if (self.items_.size() == 0) return self.closed_;
        if (!w.takes()) return false;
        self.hand_out(item_of(w), wakes);
        return true;
    }
    static bool arrive_to_put(wait_list& l, waiter& w, wake_batch& wakes) noexcept {
        auto& self = static_cast<basic_queue&>(l.of<queue_core>());
        if (self.closed_) return true;
        // It had been full, so there is memory for what was got since, and no getter waits unless all was got.
        waiter* getter = self.getters_.front();
        if (!getter && (self.items_.size() >= self.most_ || !self.items_.has_room())) return false;
        if (!w.takes()) return false;
        std::optional<T>& item = item_of(w);
        getter = getter ? self.getters_.grant_front(wakes) : nullptr;
        if (getter) {
            item_of(*getter).emplace(*std::move(item));
            self.count_put();
        } else {
            self.keep(*std::move(item));
        }
        item.reset();
        return true;
    }
    static constexpr line_rules rules_of_get{"queue's next item", nullptr, nullptr, &arrive_to_get};
    static constexpr line_rules rules_of_put{"place in a queue", nullptr, nullptr, &arrive_to_put};

    Items items_;
};

}  // namespace coil
