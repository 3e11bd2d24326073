// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <optional>

namespace coil {

/// Ticks at a fixed rate, without drifting: the ticks lie at its beginning plus one, two, three periods.
/// Shape: a period of zero or less ticks at every turn; an enormous one never. Ticks that were missed are not made up
/// for: `next` counts them and goes on in step.
/// Threads: one at a time. Cost: as a sleep.
class interval {
public:
    /// Begins now; outside of a task, at the first `next`.
    template <class Rep, class Period>
    explicit interval(std::chrono::duration<Rep, Period> d) noexcept : interval(clamp_duration(d)) {}
    explicit interval(nanoseconds d) noexcept;

    class [[nodiscard("co_await it")]] tick_await {
    public:
        tick_await(interval& i, time_point due) noexcept : interval_(&i), sleep_(due) {}
        void attach(branch& b) noexcept { sleep_.attach(b); }
        bool await_ready() noexcept { return sleep_.await_ready(); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return sleep_.await_suspend(h); }
        std::uint64_t await_resume();

    private:
        interval* interval_;
        sleep_await sleep_;
    };

    /// Waits for the next tick. Completes: with how many have passed since the last one, 1 if none was missed; at once,
    /// but not without a turn for the others, if one has passed already.
    /// Errors: `std::logic_error` outside of a task. Cancel: ends at once; the tick is not lost.
    tick_await next(place where = place::current());

private:
    std::uint64_t count_ticks() noexcept;

    nanoseconds period_;
    std::optional<time_point> due_;
};

}  // namespace coil
