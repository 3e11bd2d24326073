// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/sync/queue_core.hpp>
#include <coil/sync/thread_wait.hpp>

#include <algorithm>
#include <atomic>
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
    ~basic_queue() {
        { const both_sides guard(*this); }  // an item may be got before the one who put it has dropped his lock
        items_.clear(gots_.load(std::memory_order_relaxed), puts_.load(std::memory_order_relaxed));
    }

    /// Is the awaiter of `put`.
    class [[nodiscard("co_await it")]] put_await : public line_wait {
    public:
        put_await(basic_queue& q, T&& item, place where)
            : line_wait(q.putters_, where), queue_(&q), item_(std::move(item)) {}
        bool await_ready() { return refused() || queue_->put_now(item_, where()); }
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
    /// Cancel: has not put. Threads: any. Cost: one lock, that of those who put; no allocation unless the queue grows.
    put_await put(T item, place where = place::current()) { return {*this, std::move(item), where}; }

    /// Is the awaiter of `put_for`.
    class [[nodiscard("co_await it")]] put_for_await : public timed_line_wait {
    public:
        put_for_await(basic_queue& q, T&& item, nanoseconds d, place where)
            : timed_line_wait(q.putters_, d, where), queue_(&q), item_(std::move(item)) {}
        bool await_ready() { return refused() || queue_->put_now(item_, where()); }
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
        if (!put_now(mine, where)) {
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
    /// Threads: any. Cost: one lock, that of those who get; no allocation.
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
        const std::scoped_lock guard(get_lock_);
        return items_there();
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

    // ---- takes its locks

    answer offer(T& item) {
        if constexpr (Items::two_ends) {
            put_lock_.lock();
            const std::uint64_t last = puts_.load(std::memory_order_relaxed);
            // as many have lain in it before, so there is room, and it is allowed
            if (last - gots_seen_ < most_items_ && !closed_ && !getters_wait_) [[likely]] {
                push(last, std::move(item));
                put_lock_.unlock();
                return answer::taken;
            }
            const bool hasty = hasty_;
            put_lock_.unlock();
            return offer_after_a_look(item, hasty);
        } else {
            const std::scoped_lock guard(get_lock_);
            if (!closed_ && getters_.empty() && items_there() < std::min(most_, items_.room())) [[likely]] {
                keep(std::move(item));
                return answer::taken;
            }
        }
        return offer_slowly(item);
    }
    // How far those who get have come by now: that may be room, or it has never held as many items.
    [[gnu::noinline]] answer offer_after_a_look(T& item, bool hasty) {
        if (hasty) await_room();
        {
            const std::scoped_lock guard(put_lock_);
            if (closed_) return answer::closed;
            if (!getters_wait_) {
                const std::uint64_t last = puts_.load(std::memory_order_relaxed);
                const std::size_t there = look_for_room(last);
                if (there >= most_) return answer::full;
                if (there < items_.room()) {
                    push(last, std::move(item));
                    most_items_ = std::max(most_items_, there + 1);
                    return answer::taken;
                }
            }
        }
        return offer_slowly(item);
    }
    [[gnu::noinline]] answer offer_slowly(T& item) {
        for (;;) {
            std::size_t room = 0;
            {
                wake_batch wakes;
                const both_sides guard(*this);
                if (closed_) return answer::closed;
                if (waiter* const w = getters_.grant_front(wakes)) {
                    hand_over(*w, std::move(item));
                    return answer::taken;
                }
                const std::size_t there = items_there();
                if (there >= most_) return answer::full;
                room = items_.room();
                if (there < room) {
                    keep(std::move(item));
                    return answer::taken;
                }
            }
            grow_beyond(room);
        }
    }
    // True if the matter is over: the item is gone, or the queue is closed and it is still here.
    bool put_now(std::optional<T>& item, place where) {
        if (!item) [[unlikely]]
            put_twice(where);
        const answer a = offer(*item);
        if (a == answer::taken) item.reset();
        return a != answer::full;
    }
    bool get_now(std::optional<T>& to) noexcept {
        get_lock_.lock();
        const std::uint64_t first = gots_.load(std::memory_order_relaxed);
        if (first == puts_seen_ || !Items::two_ends) look_for_items();
        if (first != puts_seen_ && putters_.empty()) [[likely]] {
            pop(first, puts_seen_, to);
            get_lock_.unlock();
            return true;
        }
        const bool none = first == puts_seen_, over = closed_;
        get_lock_.unlock();
        return none ? over : get_and_admit(to);
    }
    [[gnu::noinline]] bool get_and_admit(std::optional<T>& to) noexcept {
        wake_batch wakes;
        const both_sides guard(*this);
        if (items_there() == 0) return closed_;
        hand_out(to, wakes);
        return true;
    }
    // Memory is asked for while nobody is held up; somebody else may have been quicker.
    [[gnu::noinline]] void grow_beyond(std::size_t room) {
        typename Items::memory bigger(std::max<std::size_t>(8, 2 * room));
        const both_sides guard(*this);
        if (items_.room() == room)
            items_.move_into(bigger, gots_.load(std::memory_order_relaxed), puts_.load(std::memory_order_relaxed));
    }
    // False if there is more than the memory was made for.
    bool drain_into(std::vector<T>& all) {
        wake_batch wakes;
        const both_sides guard(*this);
        if (items_there() > all.capacity()) return false;
        for (std::optional<T> one; items_there() != 0;) {
            take(one);
            all.push_back(*std::move(one));
        }
        while (items_there() < std::min(most_, items_.room()) && admit(wakes)) {}
        return true;
    }

    // ---- under the lock of its side

    void push(std::uint64_t last, T&& item) noexcept {
        items_.push(gots_seen_, last, std::move(item));
        puts_.store(last + 1, std::memory_order_release);
    }
    void pop(std::uint64_t first, std::uint64_t last, std::optional<T>& to) noexcept {
        items_.pop(first, last, to);
        gots_.store(first + 1, std::memory_order_release);
    }

    // ---- under both locks; where the order has one end, get_lock_ will do

    // There is room.
    void keep(T&& item) noexcept {
        gots_seen_ = gots_.load(std::memory_order_relaxed);
        hasty_ = false;
        push(puts_.load(std::memory_order_relaxed), std::move(item));
        most_items_ = std::max(most_items_, items_there());
        if (getters_.empty()) getters_wait_ = false;
    }
    // It goes by the items, of which there are none.
    void hand_over(waiter& getter, T&& item) noexcept {
        item_of(getter).emplace(std::move(item));
        puts_.store(puts_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        gots_.store(gots_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        puts_seen_ = gots_.load(std::memory_order_relaxed);
        getters_wait_ = !getters_.empty();
    }
    void take(std::optional<T>& to) noexcept {
        puts_seen_ = puts_.load(std::memory_order_relaxed);
        pop(gots_.load(std::memory_order_relaxed), puts_seen_, to);
    }
    // There is an item; whoever waits to put comes in its place.
    void hand_out(std::optional<T>& to, wake_batch& wakes) noexcept {
        take(to);
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

    // What a waiter finds that had missed it a moment before: the locks were free in between. His line has one of them.
    static bool arrive_to_get(wait_list& l, waiter& w, wake_batch& wakes) noexcept {
        auto& self = static_cast<basic_queue&>(l.of<queue_core>());
        const std::scoped_lock guard(self.put_lock_);
        if (self.items_there() == 0) {
            if (self.closed_) return true;
            self.getters_wait_ = true;
            return false;
        }
        if (!w.takes()) return false;
        self.hand_out(item_of(w), wakes);
        return true;
    }
    static bool arrive_to_put(wait_list& l, waiter& w, wake_batch& wakes) noexcept {
        auto& self = static_cast<basic_queue&>(l.of<queue_core>());
        const std::scoped_lock guard(self.put_lock_);
        if (self.closed_) return true;
        // It had been full, so there is memory for what was got since, and no getter waits unless all was got.
        waiter* getter = self.getters_.front();
        if (!getter && self.items_there() >= std::min(self.most_, self.items_.room())) return false;
        if (!w.takes()) return false;
        std::optional<T>& item = item_of(w);
        getter = getter ? self.getters_.grant_front(wakes) : nullptr;
        if (getter) self.hand_over(*getter, *std::move(item));
        else self.keep(*std::move(item));
        item.reset();
        return true;
    }
    static constexpr line_rules rules_of_get{"queue's next item", nullptr, nullptr, &arrive_to_get};
    static constexpr line_rules rules_of_put{"place in a queue", nullptr, nullptr, &arrive_to_put};

    Items items_;
};

}  // namespace coil
