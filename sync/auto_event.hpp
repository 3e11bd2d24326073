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

/// Is a flag that lets one pass: each `set` lets the first pass who waits, or else the next who comes; setting it twice
/// before anybody comes is setting it once.
///
///     state_: unset | set | waited: unset, and somebody may be in the line; changed under its lock from there
///
/// Cancel: a wait that is stopped takes no `set`; one that was let pass returns.
/// Completes, Threads, Lifetime, Cost: as `event`.
class auto_event {
public:
    class [[nodiscard("co_await it")]] set_wait : public line_wait {
    public:
        set_wait(auto_event& e, place where) noexcept : line_wait(e.line_, where), event_(&e) {}
        set_wait(set_wait&& other) noexcept : line_wait(std::move(other)), event_(other.event_) {}
        bool await_ready() noexcept { return refused() || event_->try_wait(); }
        void await_resume() { settle(); }
        void give_back() noexcept {
            if (got_too_late()) event_->set();
        }

    private:
        auto_event* event_;
    };
    class [[nodiscard("co_await it, and look whether it was set")]] timed_set_wait : public timed_line_wait {
    public:
        timed_set_wait(auto_event& e, nanoseconds d, place where) noexcept
            : timed_line_wait(e.line_, d, where), event_(&e) {}
        timed_set_wait(timed_set_wait&& other) noexcept : timed_line_wait(std::move(other)), event_(other.event_) {}
        bool await_ready() noexcept { return refused() || event_->try_wait(); }
        bool await_resume() { return settle_in_time(); }

    private:
        auto_event* event_;
    };

    explicit auto_event(bool is_set = false) noexcept : state_(is_set ? set_ : unset), line_(lock_, rules, this) {}
    auto_event(const auto_event&) = delete;
    auto_event& operator=(const auto_event&) = delete;

    /// Waits until a `set` is there, and takes it.
    set_wait wait(place where = place::current()) noexcept { return {*this, where}; }
    template <class Rep, class Period>
    timed_set_wait wait_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, clamp_duration(d), where};
    }
    /// Takes a `set` if one is there.
    [[nodiscard]] bool try_wait() noexcept {
        std::uint32_t found = set_;
        return replace(state_, found, unset);
    }
    void wait_blocking(place where = place::current());
    void set() noexcept;
    /// Takes back a `set` that nobody took.
    void reset() noexcept { (void)try_wait(); }
    bool is_set() const noexcept { return state_.load(std::memory_order_relaxed) == set_; }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    static bool arrive(wait_list& line, waiter& w) noexcept;
    static void left(wait_list& line, waiter& w, wake_batch& wakes) noexcept;
    static constexpr line_rules rules{"auto_event", &arrive, &left};
    static constexpr std::uint32_t unset = 0, set_ = 1, waited = 2;

    atomic_word<std::uint32_t> state_;
    mutable spin_lock lock_;
    wait_list line_;
};

}  // namespace coil
