// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/timer.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <chrono>
#include <utility>

namespace coil {

/// Gives every other ready task a turn. Completes: when the home comes round again. Cancel: checked before, not after.
class [[nodiscard("co_await it")]] yield_await : public wait {
public:
    yield_await() noexcept : wait(table) {}
    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        handle = h;
        branch& b = *owner();
        b.suspends();
        thread_state& t = this_thread;
        if (!t.ready || b.home != t.here) {
            b.home->post(*this);
            return std::noop_coroutine();
        }
        t.ready->push_back(*this);
        // straight to the next one, as long as the executor need not look round
        node* ahead = t.ready->front();
        if (t.turns <= 1 || (ahead->tagged_branch & node::tags) != 0) return std::noop_coroutine();
        --t.turns;
        t.ready->pop_front();
        t.current = ahead->owner();
        return transfer(ahead->handle);
    }
    void await_resume() {
        if (was_stopped()) [[unlikely]] throw cancelled();
    }

private:
    static const wait_table table;
};

inline yield_await yield() noexcept { return {}; }

/// Suspends until a point of the steady clock has come, never less. Completes: at home, soon after; an enormous
/// duration never; a negative one or zero yields once. Cancel: ends at once. Cost: no system call, no allocation of its
/// own; 16 bytes in the home's timer queue.
class [[nodiscard("co_await it")]] sleep_await : public wait, private timer {
public:
    explicit sleep_await(nanoseconds d) noexcept : sleep_await(time_point(d), false) {}
    explicit sleep_await(time_point t) noexcept : sleep_await(t, true) {}
    sleep_await(sleep_await&& other) noexcept : wait(std::move(other)), timer(&ring), absolute_(other.absolute_) {
        deadline = other.deadline;
    }

    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    void await_resume() { finish(); }

private:
    sleep_await(time_point t, bool absolute) noexcept : wait(table), timer(&ring), absolute_(absolute) { deadline = t; }
    static void ring(timer& t) noexcept;
    static bool stop(wait& w) noexcept;
    static executor* where(const wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;

    bool absolute_;  // else `deadline` holds the duration until it suspends
};

template <class Rep, class Period>
sleep_await sleep_for(std::chrono::duration<Rep, Period> d) noexcept {
    return sleep_await(clamp_duration(d));
}
template <class Duration>
sleep_await sleep_until(std::chrono::time_point<std::chrono::steady_clock, Duration> t) noexcept {
    return sleep_await(time_point(clamp_duration(t.time_since_epoch())));
}

}  // namespace coil
