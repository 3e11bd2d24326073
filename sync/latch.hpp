// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

namespace coil {

/// Counts down to zero, once; then all pass who wait, and whoever comes later.
/// Shape: a negative count is `std::invalid_argument`. Errors: counting below zero is `std::logic_error` at its line.
/// Cancel: `arrive_and_wait` that is stopped before it began has not counted; later it has.
/// Completes, Threads, Lifetime: as `event`; whoever has passed may destroy it.
/// Cost: one compare-and-swap to count, a load to pass; nothing is ever allocated.
class latch {
public:
    class [[nodiscard("co_await it")]] zero_wait : public line_wait {
    public:
        zero_wait(latch& l, std::uint64_t arrives, place where) noexcept
            : line_wait(l.line_, where), latch_(&l), arrives_(arrives) {}
        zero_wait(zero_wait&& other) noexcept
            : line_wait(std::move(other)), latch_(other.latch_), arrives_(other.arrives_) {}
        bool await_ready() {
            if (refused()) [[unlikely]]
                return true;
            if (arrives_ != 0) latch_->count_down(arrives_, where());
            return latch_->try_wait();
        }
        void await_resume() { settle(); }

    private:
        latch* latch_;
        std::uint64_t arrives_;
    };
    class [[nodiscard("co_await it")]] arriving_wait : public zero_wait {
    public:
        static constexpr bool selectable = false;  // it would have counted, chosen or not
        using zero_wait::zero_wait;
    };
    class [[nodiscard("co_await it, and look whether it is open")]] timed_zero_wait : public timed_line_wait {
    public:
        timed_zero_wait(latch& l, nanoseconds d, place where) noexcept
            : timed_line_wait(l.line_, d, where), latch_(&l) {}
        timed_zero_wait(timed_zero_wait&& other) noexcept : timed_line_wait(std::move(other)), latch_(other.latch_) {}
        bool await_ready() noexcept { return refused() || latch_->try_wait(); }
        bool await_resume() { return settle_in_time(); }

    private:
        latch* latch_;
    };

    explicit latch(coil::count n) noexcept : left_to_count_(n.value()), line_(lock_, rules, this) {}
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;

    void count_down(count n = 1, place where = place::current());
    /// Waits for zero.
    zero_wait wait(place where = place::current()) noexcept { return {*this, 0, where}; }
    template <class Rep, class Period>
    timed_zero_wait wait_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, clamp_duration(d), where};
    }
    /// Counts, and waits for zero; no alternative of a `select`, which would count though another is chosen.
    arriving_wait arrive_and_wait(count n = 1, place where = place::current()) noexcept {
        return {*this, n.value(), where};
    }
    void wait_blocking(place where = place::current());
    /// Tells whether it has come to zero.
    bool try_wait() const noexcept { return left_to_count_.load(std::memory_order_acquire) == 0; }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    static bool arrive(wait_list& line, waiter&) noexcept { return line.of<latch>().try_wait(); }
    static constexpr line_rules rules{"latch", &arrive, nullptr};

    // becomes zero under the lock, which its destructor takes: who passes may destroy it
    atomic_word<std::uint64_t> left_to_count_;
    mutable spin_lock lock_;
    wait_list line_;
};

}  // namespace coil
