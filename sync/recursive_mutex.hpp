// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/guard.hpp>
#include <coil/sync/lock_wait.hpp>
#include <coil/sync/owned_lock.hpp>

#include <chrono>

namespace coil {

/// Is a mutex that its owner may lock again; it is free once it was unlocked as often. The owner is the branch: it
/// stays one's own in what one calls and awaits, through `timeout`, `on_pool` and every hop, and it excludes one's
/// siblings and the children of one's own `when_all`, which are branches of their own.
/// Errors: `errc::operation_not_permitted` for an `unlock` by anybody but its owner.
/// Completes, Cancel, Threads, Lifetime, Cost: as `mutex`; a plain addition when it is one's own.
class recursive_mutex : public owned_lock {
public:
    using guard = lock_guard<recursive_mutex>;

    recursive_mutex() noexcept : owned_lock(rules) {}

    lock_wait<recursive_mutex> lock(place where = place::current()) noexcept { return {*this, line(), where}; }
    [[nodiscard]] bool try_lock(place where = place::current()) noexcept {
        if (!try_begin(this_holder())) return false;
        acquired(where);
        return true;
    }
    template <class Rep, class Period>
    timed_lock_wait<recursive_mutex> try_lock_for(std::chrono::duration<Rep, Period> d,
                                                  place where = place::current()) noexcept {
        return {*this, line(), clamp_duration(d), where};
    }
    void unlock(place where = place::current()) {
        check_owner(where);
        release();
    }
    guard lock_blocking(place where = place::current()) {
        if (!try_begin(this_holder())) block(where);
        acquired(where);
        return guard(*this);
    }
    /// How often its owner has locked it. To be asked by the owner.
    std::uint32_t depth() const noexcept { return depth_; }

private:
    friend struct lock_step;
    static constexpr bool is_recursive = true;
    template <class Lock>
    friend class lock_guard;
    template <class Lock>
    friend class lock_wait;
    template <class Lock>
    friend class timed_lock_wait;

    bool try_begin(holder_id who) noexcept { return held_by(who) || take(who); }
    bool begin(holder_id who, place) noexcept { return try_begin(who); }
    void acquired(place where) noexcept {
        if (depth_++ == 0) note(where);
    }
    void release() noexcept {
        if (--depth_ == 0) free();
    }
    void adopt() noexcept { adopt_as(this_holder()); }

    static constexpr line_rules rules{"recursive_mutex", &arrive, &left, nullptr, &owner};
};

}  // namespace coil
