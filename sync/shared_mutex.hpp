// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/guard.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace coil {

/// Lets many read or one write. First come, first served: a reader that comes after a waiting writer waits behind it,
/// so neither side starves; readers that stand next to each other in the line go in together.
///
///     word_: number of readers * reader | writing | contended: somebody may be in the line
///
/// Errors: `errc::resource_deadlock_would_occur` if the writer locks it again, for either purpose;
/// `errc::operation_not_permitted` for an `unlock` by anybody but the writer, or an `unlock_shared` when nobody reads.
/// A reader that locks it for writing waits for itself: readers are counted, not known.
/// Completes, Cancel, Threads, Lifetime, Cost: as `mutex`.
class shared_mutex {
public:
    /// Is the side that readers lock.
    class shared_side {
    public:
        void release() noexcept;
        void adopt() noexcept {}

    private:
        friend class shared_mutex;
        explicit shared_side(shared_mutex& m) noexcept : owner_(&m) {}
        shared_mutex* owner_;
    };
    using guard = lock_guard<shared_mutex>;
    using shared_guard = lock_guard<shared_side>;

    class [[nodiscard("co_await it, and keep the guard")]] write_wait : public line_wait {
    public:
        write_wait(shared_mutex& m, place where) noexcept : line_wait(m.line_, where, writing), lock_(&m) {}
        write_wait(write_wait&& other) noexcept : line_wait(std::move(other)), lock_(other.lock_) {}
        bool await_ready() { return refused() || lock_->begin(holder(), where()); }
        guard await_resume() {
            settle();
            return guard(*lock_);
        }
        void give_back() {
            if (got_too_late()) (void)await_resume();
        }

    private:
        shared_mutex* lock_;
    };
    class [[nodiscard("co_await it, and keep the guard")]] read_wait : public line_wait {
    public:
        read_wait(shared_mutex& m, place where) noexcept : line_wait(m.line_, where, reader), lock_(&m) {}
        read_wait(read_wait&& other) noexcept : line_wait(std::move(other)), lock_(other.lock_) {}
        bool await_ready() { return refused() || lock_->begin_shared(holder(), where()); }
        shared_guard await_resume() {
            settle();
            return shared_guard(lock_->shared_);
        }
        void give_back() {
            if (got_too_late()) (void)await_resume();
        }

    private:
        shared_mutex* lock_;
    };
    class [[nodiscard("co_await it, and look whether it is locked")]] timed_wait : public timed_line_wait {
    public:
        timed_wait(shared_mutex& m, std::uint64_t what, nanoseconds d, place where) noexcept
            : timed_line_wait(m.line_, d, where, what), lock_(&m) {}
        timed_wait(timed_wait&& other) noexcept : timed_line_wait(std::move(other)), lock_(other.lock_) {}
        bool await_ready() noexcept { return refused() || lock_->take(wants, holder()); }
        bool await_resume() { return settle_in_time(); }

    private:
        shared_mutex* lock_;
    };

    shared_mutex() noexcept : shared_(*this), line_(lock_, rules, this) {}
    shared_mutex(const shared_mutex&) = delete;
    shared_mutex& operator=(const shared_mutex&) = delete;
    ~shared_mutex();

    write_wait lock(place where = place::current()) noexcept { return {*this, where}; }
    read_wait lock_shared(place where = place::current()) noexcept { return {*this, where}; }
    [[nodiscard]] bool try_lock() noexcept { return take_write(this_holder()); }
    [[nodiscard]] bool try_lock_shared() noexcept { return take_read(); }
    template <class Rep, class Period>
    timed_wait try_lock_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, writing, clamp_duration(d), where};
    }
    template <class Rep, class Period>
    timed_wait try_lock_shared_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, reader, clamp_duration(d), where};
    }
    void unlock(place where = place::current());
    void unlock_shared(place where = place::current());
    guard lock_blocking(place where = place::current());
    shared_guard lock_shared_blocking(place where = place::current());

    /// Tells whether somebody writes.
    bool locked() const noexcept { return (word_.load(std::memory_order_relaxed) & writing) != 0; }
    /// How many read.
    std::size_t readers() const noexcept { return word_.load(std::memory_order_relaxed) / reader; }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    template <class Lock>
    friend class lock_guard;
    static constexpr std::uint64_t contended = 1, writing = 2, reader = 4;

    bool take_write(holder_id who) noexcept {
        std::uint64_t nobody = 0;
        if (!replace(word_, nobody, writing)) return false;
        writer_.store(who, std::memory_order_relaxed);
        return true;
    }
    bool take_read() noexcept {
        std::uint64_t found = word_.load(std::memory_order_relaxed);
        while ((found & (writing | contended)) == 0)
            if (replace(word_, found, found + reader)) return true;
        return false;
    }
    bool take(std::uint64_t what, holder_id who) noexcept { return what == writing ? take_write(who) : take_read(); }
    bool begin(holder_id who, place where) {
        if (take_write(who)) return true;
        check_not_writer(who, where);
        return false;
    }
    bool begin_shared(holder_id who, place where) {
        if (take_read()) return true;
        check_not_writer(who, where);
        return false;
    }
    void check_not_writer(holder_id who, place where) const;
    void release() noexcept;
    void release_shared() noexcept;
    void adopt() noexcept { writer_.store(this_holder(), std::memory_order_relaxed); }
    void serve(wake_batch& wakes) noexcept;
    static bool arrive(wait_list& line, waiter& w) noexcept;
    static void left(wait_list& line, waiter& w, wake_batch& wakes) noexcept;
    static const line_rules rules;

    atomic_word<std::uint64_t> word_{0};
    atomic_word<holder_id> writer_{0};  // who writes, soon after it has begun to; else 0
    shared_side shared_;
    mutable spin_lock lock_;
    wait_list line_;
};

}  // namespace coil
