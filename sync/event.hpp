// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
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

/// Is a flag that many may wait for: all pass while it is set.
///
///     state_: unset | set | waited: unset, and somebody may be in the line; changed under its lock from there
///
/// Completes: at once while it is set; the others resume at their homes, in their order, never inside `set`.
/// Cancel: as any wait. Threads: any, mixed.
/// Lifetime: destroying it with waiters is reported through the log hook; their waits end with `std::logic_error`.
/// Cost: a wait for a set one is a load; `set` without waiters one compare-and-swap; nothing is ever allocated.
class event {
public:
    class [[nodiscard("co_await it")]] set_wait : public line_wait {
    public:
        set_wait(event& e, place where) noexcept : line_wait(e.line_, where), event_(&e) {}
        set_wait(set_wait&& other) noexcept : line_wait(std::move(other)), event_(other.event_) {}
        bool await_ready() noexcept { return refused() || event_->is_set(); }
        void await_resume() { settle(); }

    private:
        event* event_;
    };
    class [[nodiscard("co_await it, and look whether it was set")]] timed_set_wait : public timed_line_wait {
    public:
        timed_set_wait(event& e, nanoseconds d, place where) noexcept
            : timed_line_wait(e.line_, d, where), event_(&e) {}
        timed_set_wait(timed_set_wait&& other) noexcept : timed_line_wait(std::move(other)), event_(other.event_) {}
        bool await_ready() noexcept { return refused() || event_->is_set(); }
        bool await_resume() { return settle_in_time(); }

    private:
        event* event_;
    };

    explicit event(bool is_set = false) noexcept : state_(is_set ? set_ : unset), line_(lock_, rules, this) {}
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Waits until it is set.
    set_wait wait(place where = place::current()) noexcept { return {*this, where}; }
    /// Waits at most d; true if it was set.
    template <class Rep, class Period>
    timed_set_wait wait_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, clamp_duration(d), where};
    }
    /// Waits as a plain thread; on a thread that runs tasks only if it is set.
    void wait_blocking(place where = place::current());
    /// Sets it, and lets all pass who wait.
    void set() noexcept;
    /// Who waits from now on waits for the next `set`.
    void reset() noexcept;
    bool is_set() const noexcept { return state_.load(std::memory_order_acquire) == set_; }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    static bool arrive(wait_list& line, waiter& w) noexcept;
    static constexpr line_rules rules{"event", &arrive, nullptr};
    static constexpr std::uint32_t unset = 0, set_ = 1, waited = 2;

    atomic_word<std::uint32_t> state_;
    mutable spin_lock lock_;
    wait_list line_;
};

}  // namespace coil
