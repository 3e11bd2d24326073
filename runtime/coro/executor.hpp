// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/coro/timer.hpp>

#include <cstdint>
#include <utility>

namespace coil {

/// Is where branches are at home: a loop, the pool, a strand, or a manual one in a test.
/// Threads: `post` from any; `arm` and `disarm` of one timer by the branch that owns it.
class executor {
public:
    executor() noexcept = default;
    executor(const executor&) = delete;
    executor& operator=(const executor&) = delete;

    /// Tells whether the calling thread works for this executor right now.
    bool here() const noexcept { return this_thread.here == this; }

    /// Queues a node at the back; it runs soon, never inside this call.
    virtual void post(node& n) noexcept = 0;
    /// Queues a chain in its order, with at most one wake-up.
    virtual void post(node_list&& batch) noexcept = 0;
    /// Queues a chain of what operations have made ready, which is mostly short. Several threads may leave it to one of
    /// them that is awake: then it returns true, and the caller comes back to `look_after`, within 250 us each time,
    /// until that returns false.
    virtual bool post_short(node_list&& batch) noexcept {
        post(std::move(batch));
        return false;
    }
    /// Sees to it that what was left to one thread does not wait for long; `at_once`: that it waits no more.
    virtual bool look_after(bool at_once) noexcept {
        (void)at_once;
        return false;
    }
    /// Queues a node that somebody has just made ready: one of several threads may keep it for itself.
    virtual void post_ready(node& n) noexcept { post(n); }

    /// Calls `fire` once the deadline has come, unless disarmed first. Never earlier.
    virtual void arm(timer_ref t) noexcept = 0;
    /// Returns true if the timer will not fire; false if it has fired. On return `fire` runs no more.
    virtual bool disarm(timer_ref t) noexcept = 0;

    /// The time by which deadlines are judged; virtual under simulation.
    virtual time_point now() noexcept = 0;
    /// Notes the present moment as cheaply as the clock allows; `time_of` turns it into a time if that is wanted.
    virtual std::uint64_t stamp() noexcept { return static_cast<std::uint64_t>(now().time_since_epoch().count()); }
    virtual time_point time_of(std::uint64_t stamp) noexcept {
        return time_point(nanoseconds(static_cast<std::int64_t>(stamp)));
    }
    /// Tells whether others have waited long enough for this thread that a chain of instant completions should yield.
    virtual bool wants_turn() noexcept = 0;

    /// Queues a node from code that may already run here: then it is three stores.
    void ready(node& n) noexcept {
        if (!ready_here(n)) post_ready(n);
    }
    /// The same if it is three stores, else false.
    bool ready_here(node& n) noexcept {
        if (!here() || !this_thread.ready) return false;
        this_thread.ready->push_back(n);
        return true;
    }

    /// True if several threads run its nodes at once.
    bool parallel() const noexcept { return parallel_; }

protected:
    explicit executor(bool parallel) noexcept : parallel_(parallel) {}
    ~executor() = default;

private:
    bool parallel_ = false;
};

}  // namespace coil
