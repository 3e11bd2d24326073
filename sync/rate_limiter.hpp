// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/timer.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace coil {

/// Lets a number pass per second, and a burst at once after a quiet time: a bucket of `burst` tokens that fills by
/// `per_second`. First come, first served.
/// Shape: a rate or burst that is not positive is `std::invalid_argument`. At first the bucket is full. Each wait is rounded
/// up to a nanosecond.
/// Completes: when the tokens are there, by the clock of the home of the one who waits (virtual in a simulation).
/// Errors: `std::invalid_argument` for more tokens at once than the burst.
/// Cancel: takes no token. Threads: any; a plain thread, which has no clock of coil's, uses `try_acquire(now)`.
/// Lifetime: as `event`. Cost: the lock of the line; one timer if it waits; nothing is ever allocated.
class rate_limiter {
public:
    class [[nodiscard("co_await it")]] token_wait : public line_wait, private timer {
    public:
        static constexpr bool selectable = false;

        token_wait(rate_limiter& r, std::uint64_t n, place where) noexcept
            : line_wait(r.line_, where, n), timer(&ring), limiter_(&r) {}
        token_wait(token_wait&& other) noexcept
            : line_wait(std::move(other)), timer(&ring), limiter_(other.limiter_) {}
        bool await_ready();
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
        void await_resume();

    private:
        friend class rate_limiter;
        static void ring(timer& t) noexcept;
        rate_limiter* limiter_;
        executor* armed_on_ = nullptr;
    };

    template <class Rate, class Burst = int>
        requires(std::is_arithmetic_v<Rate> && std::is_arithmetic_v<Burst>)
    explicit rate_limiter(Rate per_second, Burst burst = 1, place where = place::current())
        : rate_limiter(checked{static_cast<double>(per_second), static_cast<double>(burst), where}) {}
    rate_limiter(const rate_limiter&) = delete;
    rate_limiter& operator=(const rate_limiter&) = delete;

    /// Waits for n tokens, and takes them.
    token_wait acquire(count n = 1, place where = place::current()) noexcept { return {*this, n.value(), where}; }
    /// Takes n tokens if they are there at that time of the steady clock and nobody waits.
    [[nodiscard]] bool try_acquire(time_point now, count n = 1) noexcept;
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    struct checked {
        checked(double per_second, double burst, place where);
        double per_second, burst;
    };
    explicit rate_limiter(const checked& c) noexcept;
    bool take(time_point now, std::uint64_t n) noexcept;
    time_point due(double n) const noexcept;
    nanoseconds filling(double n) const noexcept;
    void serve(time_point now, wake_batch& wakes) noexcept;
    static constexpr line_rules rules{"rate_limiter", nullptr, nullptr};

    mutable spin_lock lock_;
    double interval_;         // nanoseconds per token
    double burst_;            // tokens
    time_point empty_at_{};   // when the bucket was, or would have been, empty; under the lock
    bool begun_ = false;
    wait_list line_;
};

}  // namespace coil
