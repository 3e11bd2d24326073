// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/guard.hpp>
#include <coil/sync/lock_wait.hpp>
#include <coil/sync/owned_lock.hpp>

#include <chrono>

namespace coil {

/// Excludes: one branch, fiber or thread at a time between `lock` and `unlock`. First come, first served.
/// Completes: when the lock is held; the one that waited resumes at its home, never inside somebody's `unlock`.
/// Errors: `errc::resource_deadlock_would_occur` if this branch holds it already; `errc::operation_not_permitted` for
/// an `unlock` by anybody but its owner. Both name the line.
/// Cancel: a `lock` that is stopped takes nothing; one that was given the lock returns it, and its guard frees it.
/// Threads: any, mixed; owned by the branch (or plain thread) that locked it, across hops; a guard may change branches.
/// Lifetime: destroying it locked, or with waiters, is reported through the log hook; waits end with
/// `std::logic_error`.
/// Cost: uncontended, one compare-and-swap each way; nothing is ever allocated.
class mutex : public owned_lock {
public:
    using guard = lock_guard<mutex>;

    mutex() noexcept : owned_lock(rules) {}

    /// Waits until it is locked; the guard unlocks it.
    lock_wait<mutex> lock(place_word where = COIL_HERE) noexcept { return {*this, line(), place_of(where)}; }
    lock_wait<mutex> lock(place where) noexcept { return {*this, line(), where}; }
    /// Locks it if nobody holds it; `unlock` frees it.
    [[nodiscard]] bool try_lock(place where = place::current()) noexcept {
        if (!take(this_holder())) return false;
        note(where);
        return true;
    }
    /// Waits at most d; true if it is locked now. Of zero or less: does not wait.
    template <class Rep, class Period>
    timed_lock_wait<mutex> try_lock_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, line(), clamp_duration(d), where};
    }
    void unlock(place where = place::current()) {
        check_owner(where);
        free();
    }
    /// Waits as a plain thread. On a thread that runs tasks: only if it need not wait, else
    /// `errc::resource_deadlock_would_occur`.
    guard lock_blocking(place where = place::current()) {
        if (!begin(this_holder(), where)) block(where);
        note(where);
        return guard(*this);
    }

private:
    friend struct lock_step;
    static constexpr bool is_recursive = false;
    template <class Lock>
    friend class lock_guard;
    template <class Lock>
    friend class lock_wait;
    template <class Lock>
    friend class timed_lock_wait;

    bool try_begin(holder_id who) noexcept { return take(who); }
    bool begin(holder_id who, place where) {
        bool mine = false;
        if (take(who, mine)) [[likely]]
            return true;
        if (mine) [[unlikely]]
            twice(where);
        return false;
    }
    void acquired(place where) noexcept { note(where); }
    void release() noexcept { free(); }
    void adopt() noexcept { adopt_as(this_holder()); }

    static constexpr line_rules rules{"mutex", &arrive, &left, nullptr, &owner};
};

}  // namespace coil
