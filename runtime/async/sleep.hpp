// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
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
        owner()->suspends();
        make_ready();
        return std::noop_coroutine();
    }
    void await_resume() { finish(); }

private:
    static const wait_table table;
};

inline yield_await yield() noexcept { return {}; }

/// Suspends until a point of the steady clock has come, never less. Completes: at home, soon after; an enormous
/// duration never; a negative one or zero yields once. Cancel: ends at once. Cost: no system call, no allocation of its
/// own; 16 bytes in the home's timer queue.
class [[nodiscard("co_await it")]] sleep_await : public wait {
public:
    explicit sleep_await(nanoseconds d) noexcept : wait(table), duration_(d) {}
    explicit sleep_await(time_point t) noexcept : wait(table), until_(t), absolute_(true) {}
    sleep_await(sleep_await&& other) noexcept
        : wait(std::move(other)), duration_(other.duration_), until_(other.until_), absolute_(other.absolute_) {}

    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    void await_resume() { finish(); }

private:
    struct alarm : timer {
        explicit alarm(sleep_await& w) noexcept : timer(&ring), owner(&w) {}
        static void ring(timer& t) noexcept;
        sleep_await* owner;
    };
    static bool stop(wait& w) noexcept;
    static executor* where(const wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;

    nanoseconds duration_{};
    time_point until_{};
    bool absolute_ = false;
    executor* armed_on_ = nullptr;
    alarm alarm_{*this};
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
