// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/timer.hpp>
#include <coil/runtime/coro/wait.hpp>
#include <coil/sync/guard.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/recursive_mutex.hpp>
#include <coil/sync/wait_list.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace coil {

/// Is a place in the line of a condition. From there it moves to the line of the lock, without being woken in between.
class condition_place : public waiter {
public:
    explicit condition_place(owned_lock& lock) noexcept : waiter(std::uint64_t{0}), lock_(&lock) {}
    condition_place(owned_lock& lock, parker& sleeping, holder_id thread) noexcept
        : waiter(sleeping, thread, 0), lock_(&lock) {}

protected:
    friend class condition;
    /// Puts a place whose claim was won, and which has left the condition, into the line of its lock.
    void go_to_lock(claimant::outcome why, wake_batch& wakes) noexcept;

    owned_lock* lock_;
    std::uint32_t depth_ = 0;  // of a recursive lock, meanwhile
    claimant::outcome why_ = claimant::outcome::granted;
};

class condition;

/// Is the awaiter of `condition::wait` and `wait_for`.
class condition_wait : public wait, private condition_place, private timer {
public:
    condition_wait(condition& c, owned_lock& lock, time_point until, nanoseconds d, place where) noexcept
        : wait(table), condition_place(lock), timer(&ring), condition_(&c), duration_(d), where_(where) {
        deadline = until;
    }
    condition_wait(condition_wait&& other) noexcept;

    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    /// True if it was notified, false if its time was over.
    bool await_resume();

private:
    static void ring(timer& t) noexcept;
    static bool stop(wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;

    condition* condition_;
    nanoseconds duration_;  // or the largest: the deadline counts
    executor* armed_on_ = nullptr;
    bool released_ = false;
    place where_;
};

/// Is `wait` without a predicate: it yields nothing.
class [[nodiscard("co_await it")]] notified_wait : public condition_wait {
public:
    using condition_wait::condition_wait;
    void await_resume() { (void)condition_wait::await_resume(); }
};

/// Lets those who hold a lock wait until somebody says that something has changed. First come, first notified.
/// Completes: `wait` gives the lock back as it begins to wait, in one step, and holds it again when it ends; a
/// recursive lock as deep as before. Whoever is notified goes straight into the line of the lock, so that many who are
/// notified do not all wake to find it taken. Nobody is woken for nothing.
/// Errors: `errc::operation_not_permitted` if the guard owns nothing. What a predicate throws, with the lock held.
/// Cancel: the wait ends by the stop; the lock is taken back all the same, shielded, before `cancelled` is thrown. One
/// that was notified when the stop came returns.
/// Threads: any, mixed; notified with the lock held or without. Lifetime: destroying it while somebody waits is
/// reported through the log hook; those take their lock back and then end with `std::logic_error`.
/// Cost: a wait with a predicate has a recycled frame; else nothing is allocated.
class condition {
public:
    condition() noexcept : line_(lock_, rules, this) {}
    condition(const condition&) = delete;
    condition& operator=(const condition&) = delete;
    ~condition();

    /// Waits until it is notified.
    template <class Lock>
    notified_wait wait(lock_guard<Lock>& held, place where = place::current()) {
        return {*this, lock_of(held.owner(), where), never, nanoseconds::max(), where};
    }
    /// Waits until `until()` is true; it is called with the lock held, now and after each notification.
    template <class Lock, class Until>
        requires std::predicate<std::remove_reference_t<Until>&>
    task<> wait(lock_guard<Lock>& held, Until&& until, place where = place::current()) {
        COIL_REFUSE_OWNING_CLOSURE(Until);
        return wait_until_true<Until>(*this, lock_of(held.owner(), where), std::forward<Until>(until), where);
    }
    /// Waits at most d; true if it was notified.
    template <class Lock, class Rep, class Period>
    [[nodiscard]] condition_wait wait_for(lock_guard<Lock>& held, std::chrono::duration<Rep, Period> d,
                                          place where = place::current()) {
        return {*this, lock_of(held.owner(), where), never, clamp_duration(d), where};
    }
    /// Waits at most d for `until()` to be true; returns whether it is.
    template <class Lock, class Rep, class Period, class Until>
        requires std::predicate<std::remove_reference_t<Until>&>
    task<bool> wait_for(lock_guard<Lock>& held, std::chrono::duration<Rep, Period> d, Until&& until,
                        place where = place::current()) {
        COIL_REFUSE_OWNING_CLOSURE(Until);
        return wait_true_for<Until>(*this, lock_of(held.owner(), where), clamp_duration(d), std::forward<Until>(until),
                                    where);
    }
    /// Waits as a plain thread; on a thread that runs tasks `errc::resource_deadlock_would_occur`.
    template <class Lock>
    void wait_blocking(lock_guard<Lock>& held, place where = place::current()) {
        block(lock_of(held.owner(), where), where);
    }
    template <class Lock, class Until>
        requires std::predicate<std::remove_reference_t<Until>&>
    void wait_blocking(lock_guard<Lock>& held, Until&& until, place where = place::current()) {
        owned_lock& lock = lock_of(held.owner(), where);
        while (!std::invoke(until)) block(lock, where);
    }

    /// Notifies the first n who wait; who is not there is not remembered.
    void notify(count n) noexcept { notify_first(n.value()); }
    void notify_one() noexcept { notify_first(1); }
    void notify_all() noexcept { notify_first(~std::size_t{0}); }

    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    friend class condition_wait;
    void notify_first(std::size_t n) noexcept;
    static owned_lock& lock_of(owned_lock* held, place where) {
        if (!held) [[unlikely]]
            without_lock(where);
        return *held;
    }
    [[noreturn]] static void without_lock(place where);
    static void check_stop();
    static time_point deadline_of_branch(nanoseconds d) noexcept;
    void block(owned_lock& lock, place where);
    std::size_t move_to_locks(std::size_t n, claimant::outcome why) noexcept;

    template <class Until>
    static task<> wait_until_true(condition& c, owned_lock& lock, Until until, place where) {
        check_stop();  // also where nothing is to be waited for
        for (bool is = std::invoke(until); !is; is = std::invoke(until)) {
            notified_wait w(c, lock, never, nanoseconds::max(), where);
            co_await w;
        }
    }
    template <class Until>
    static task<bool> wait_true_for(condition& c, owned_lock& lock, nanoseconds d, Until until, place where) {
        check_stop();
        const time_point deadline = deadline_of_branch(d);
        for (;;) {
            if (std::invoke(until)) co_return true;
            condition_wait w(c, lock, deadline, nanoseconds::max(), where);
            const bool notified = co_await w;
            if (!notified) {
                const bool is = std::invoke(until);
                co_return is;
            }
        }
    }

    static constexpr line_rules rules{"condition", nullptr, nullptr};
    mutable spin_lock lock_;
    wait_list line_;
};

}  // namespace coil
