// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/mutex.hpp>
#include <coil/process/segment.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/ring/futex_operation.hpp>

#include <chrono>
#include <functional>
#include <type_traits>
#include <cstdint>
#include <utility>

namespace coil::process {

/// Wakes tasks and threads of several processes that wait for something that a `process::mutex` guards.
/// Shape: who waits may be woken for nothing, by the death of a member for example: use a predicate. Move-only; passing it
/// on gives the same condition.
/// Errors: `std::system_error` if there is no memory or descriptor; `errc::owner_dead` from the lock that is taken again,
/// and the guard is empty then. Cancel: the lock is taken again first, shielded, then `cancelled` goes on.
/// Threads: any. Cost: a notification that nobody waits for is one load.
class condition {
public:
    condition();
    condition(condition&&) noexcept = default;
    condition& operator=(condition&&) noexcept = default;

    /// Unlocks, waits for a notification, locks again.
    task<> wait(mutex_guard& g, place where = place::current()) { return wait_once(*this, g, where); }
    /// The same until the predicate is true, which it may be at once.
    template <class P>
        requires std::is_invocable_r_v<bool, P&>
    task<> wait(mutex_guard& g, P pred, place where = place::current()) {
        return wait_until_true(*this, g, std::move(pred), where);
    }
    /// The same for a while; false if it is not true even then.
    template <class Rep, class Period, class P>
        requires std::is_invocable_r_v<bool, P&>
    task<bool> wait_for(mutex_guard& g, std::chrono::duration<Rep, Period> d, P pred, place where = place::current()) {
        return wait_a_while(*this, g, clamp_duration(d), std::move(pred), where);
    }
    /// For plain threads. Errors: `errc::resource_deadlock_would_occur` on a thread of coil.
    void wait_blocking(mutex_guard& g, place where = place::current());
    template <class P>
        requires std::is_invocable_r_v<bool, P&>
    void wait_blocking(mutex_guard& g, P pred, place where = place::current()) {
        while (!pred())
            wait_blocking(g, where);
    }

    void notify_one() noexcept;
    void notify(unsigned most) noexcept;
    void notify_all() noexcept;

    void encode(encoder& to) const { segment_->encode(to); }
    static condition decode(decoder& from) { return condition(from); }

private:
    explicit condition(decoder& from);
    static task<> wait_once(condition& c, mutex_guard& g, place where);
    template <class P>
    static task<> wait_until_true(condition& c, mutex_guard& g, P pred, place where) {
        while (!pred())
            co_await wait_once(c, g, where);
    }
    template <class P>
    static task<bool> wait_a_while(condition& c, mutex_guard& g, nanoseconds d, P pred, place where) {
        auto inner = wait_until_true(c, g, std::ref(pred), where);
        const auto in_time = co_await move_on_after(d, std::move(inner), where);
        if (in_time) co_return true;
        co_return pred();
    }

    segment_ref segment_;
};

}  // namespace coil::process
