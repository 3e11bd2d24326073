// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/timer.hpp>
#include <coil/runtime/coro/wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <coroutine>
#include <cstdint>
#include <string>
#include <utility>

namespace coil {

class owned_lock;
class semaphore;

/// Is the awaiter of a coroutine, or a fiber, that waits in a line. A primitive derives from it: `await_ready` says
/// `refused()` first and then tries without waiting; `await_resume` begins with `settle`.
class line_wait : public wait, protected waiter {
public:
    static constexpr bool selectable = true;  // nothing is taken before it is granted, or ready

    // What only a wait needs that suspends is filled in then: most do not.
    line_wait(wait_list& line, place where, std::uint64_t wanted = 0) noexcept
        : wait(node::unset()), waiter(wanted), line_(&line), where_(where) {}
    line_wait(line_wait&& other) noexcept
        : wait(node::unset()), waiter(other.wants), line_(other.line_), where_(other.where_) {
        tagged_branch = other.tagged_branch;
    }

    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;

protected:
    /// For an alternative of a select: true if it was granted, though another had won; what was got is to be given
    /// back.
    bool got_too_late() const noexcept { return state() == outcome::granted && !was_stopped(); }
    ~line_wait() = default;

    /// Throws `cancelled` if a stop ended the wait, `std::logic_error` if the primitive was destroyed meanwhile.
    void settle() {
        if (!has_entered()) return finish();
        leave();
        if (state() >= outcome::stopped) [[unlikely]]
            ended_otherwise();
    }
    /// The first thing of an `await_suspend`.
    void begins_to_wait() noexcept {
        set_table(table);
        waits_as(*this);
    }
    /// All of an `await_suspend`. `join` puts it into the line unless what it wants can be had at once; false if so.
    template <class Join>
    std::coroutine_handle<> suspend(std::coroutine_handle<> h, Join join) noexcept {
        begins_to_wait();
        const bool selected = tag() == node::one_of;  // an alternative of a choice, which goes on by itself
        if (!enter(h, join)) [[unlikely]]
            return transfer(h);
        if (selected) [[unlikely]]
            return std::noop_coroutine();
        return go_to_next();
    }
    // The same in pieces, for what is waited for most, if it `enters_at_once`, and with the lock of the line, which they
    // free. What ends in `go_to_next` alone makes no call, so it keeps no register.
    void join_line(spin_lock& held, std::coroutine_handle<> h) noexcept {
        set_table(table);
        claimant::waits_as(*this);
        enter_at_once(h);
        line_->push_back(*this);
        held.unlock();
    }
    std::coroutine_handle<> got_at_once(spin_lock& held, std::coroutine_handle<> h) noexcept {
        held.unlock();
        set_claim(claim_state::open);  // it may have been awaited before
        return transfer(h);
    }
    /// Who would own what is granted: known before it waits.
    holder_id holder() noexcept { return reinterpret_cast<holder_id>(&actor()); }
    void ended_otherwise() const;
    place where() const noexcept { return where_; }
    wait_list& line() const noexcept { return *line_; }

    static bool stop(wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static bool held(const wait& w, held_lock& l);
    static const wait_table table;

private:
    friend class owned_lock;
    friend class semaphore;
    wait_list* line_;
    place where_;
};

/// The same, for a while: `state()` is `late` if its deadline ended it.
/// Durations: zero or negative waits for nothing, an enormous one never ends.
class timed_line_wait : public line_wait {
public:
    static constexpr bool selectable = false;  // it would leave its timer behind

    timed_line_wait(wait_list& line, nanoseconds d, place where, std::uint64_t wanted = 0) noexcept
        : line_wait(line, where, wanted), duration_(d) {
        set_state(outcome::granted);  // until it has to wait
    }
    timed_line_wait(timed_line_wait&& other) noexcept : line_wait(std::move(other)), duration_(other.duration_) {
        set_state(outcome::granted);
    }

    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;

protected:
    ~timed_line_wait() = default;
    /// Settles, and tells whether it was granted.
    bool settle_in_time() {
        if (armed_on_) armed_on_->disarm(alarm_);
        settle();
        return state() == outcome::granted;
    }

private:
    static const wait_table table;  // it ends by itself, and so is part of no deadlock
    struct alarm : timer {
        explicit alarm(timed_line_wait& w) noexcept : timer(&ring), owner(&w) {}
        static void ring(timer& t) noexcept;
        timed_line_wait* owner;
    };
    nanoseconds duration_;
    executor* armed_on_ = nullptr;
    alarm alarm_{*this};
};

}  // namespace coil
