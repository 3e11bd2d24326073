// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/deadline_wait.hpp>

#include <chrono>
#include <type_traits>
#include <utility>

namespace coil {

/// Gives every other ready task a turn. Completes: when the home comes round again; at once if nobody else is ready, but
/// for the turns after which the home looks round anyway. Cancel: checked before, not after.
/// A bare node, for it comes back by itself: no stop has to find it.
class yield_await : public node {
public:
    yield_await() noexcept : node(unset()) {}
    void attach(branch& b) noexcept { set_owner(untagged(b)); }
    bool await_ready() noexcept {
        branch& b = line();
        if (b.root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(b.innermost)) [[unlikely]] {
            tagged_branch = refused;
            return true;
        }
        // on at once if nobody else is ready, as long as the executor need not look round
        thread_state& t = this_thread;
        if (!t.ready || t.ready->front() || b.home != t.here || !may_go_on(t)) return false;
        --t.turns;
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        handle = h;
        branch& b = line();
        b.suspends();
        thread_state& t = this_thread;
        if (!t.ready || b.home != t.here) [[unlikely]] {
            b.home->post(*this);
            return std::noop_coroutine();
        }
        // straight to the next one
        node* const ahead = t.ready->front();
        if (ahead && ahead->tag() == node::plain && may_go_on(t)) [[likely]] {
            --t.turns;
            t.ready->rotate(*this);
            t.current = ahead->owner();
            return ahead->handle;
        }
        t.ready->push_back(*this);
        return std::noop_coroutine();
    }
    void await_resume() const {
        if (tagged_branch == refused) [[unlikely]]
            throw cancelled();
    }

private:
    static constexpr std::uintptr_t refused = 0;  // instead of its branch: it is stopped, and does not suspend
    branch& line() const noexcept { return *reinterpret_cast<branch*>(tagged_branch); }
};

/// Is what `yield` returns: the awaiter is made where it is awaited.
class [[nodiscard("co_await it")]] yield_request {
public:
    yield_request() noexcept {}
    yield_await into_awaiter(place = {}) const noexcept { return {}; }
};
inline yield_request yield() noexcept {
    return {};
}

/// Suspends until a point of the steady clock has come, never less. Completes: at home, soon after (up to 200 us where
/// eight timers or more have just been due at once); an enormous
/// duration never; a negative one or zero yields once. Cancel: ends at once. Cost: no system call, no allocation of its
/// own; 16 bytes in the home's timer queue.
class [[nodiscard("co_await it")]] sleep_await : public deadline_wait {
public:
    static constexpr bool selectable = true;
    explicit sleep_await(nanoseconds d) noexcept : sleep_await(time_point(d), false) {}
    explicit sleep_await(time_point t) noexcept : sleep_await(t, true) {}

    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    void await_resume() { finish(); }

private:
    sleep_await(time_point t, bool absolute) noexcept : deadline_wait(table) {
        absolute_ = absolute;
        deadline = t;
    }
    static bool stop(wait& w) noexcept;
    static executor* where(const wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;
};

// By reference: what is passed by value in a co_await expression lies in the frame twice.
template <class Rep, class Period>
sleep_await sleep_for(const std::chrono::duration<Rep, Period>& d) noexcept {
    return sleep_await(clamp_duration(d));
}
template <class Duration>
sleep_await sleep_until(const std::chrono::time_point<std::chrono::steady_clock, Duration>& t) noexcept {
    return sleep_await(time_point(clamp_duration(t.time_since_epoch())));
}
template <class Clock, class Duration>
sleep_await sleep_until(const std::chrono::time_point<Clock, Duration>&) noexcept {
    static_assert(std::is_same_v<Clock, std::chrono::steady_clock>,
                  "coil: sleep_until takes a time of std::chrono::steady_clock. Another clock may be set meanwhile: write "
                  "sleep_for(t - Clock::now()), and look again afterwards");
    return sleep_await(nanoseconds::zero());
}

}  // namespace coil
