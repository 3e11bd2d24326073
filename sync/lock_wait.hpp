// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/guard.hpp>
#include <coil/sync/line_wait.hpp>

#include <coroutine>
#include <utility>

namespace coil {

/// Is the awaiter of `lock`. A lock has `begin(who, where)`, which takes it without waiting or throws if it never
/// could, and `acquired(where)`, called by the new owner.
template <class Lock>
class [[nodiscard("co_await it, and keep the guard")]] lock_wait : public line_wait {
public:
    lock_wait(Lock& lock, wait_list& line, place where) noexcept : line_wait(line, where), lock_(&lock) {}
    lock_wait(lock_wait&& other) noexcept : line_wait(std::move(other)), lock_(other.lock_) {}

    bool await_ready() {
        Lock& lock = *lock_;  // what is read before the atomic words is not read again
        const place where = this->where();
        const holder_id who = holder();
        return refused() || lock.begin(who, where);
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return lock_->wait_in_line(*this, h); }
    lock_guard<Lock> await_resume() {
        settle();
        Lock& lock = *lock_;
        lock.acquired(where());
        return lock_guard<Lock>(lock);
    }
    void give_back() {
        if (got_too_late()) (void)await_resume();
    }

private:
    Lock* lock_;
};

/// Is the awaiter of `try_lock_for`; it yields whether the lock is held now, for `unlock` to free.
template <class Lock>
class [[nodiscard("co_await it, and look whether it is locked")]] timed_lock_wait : public timed_line_wait {
public:
    timed_lock_wait(Lock& lock, wait_list& line, nanoseconds d, place where) noexcept
        : timed_line_wait(line, d, where), lock_(&lock) {}
    timed_lock_wait(timed_lock_wait&& other) noexcept : timed_line_wait(std::move(other)), lock_(other.lock_) {}

    bool await_ready() noexcept { return refused() || lock_->try_begin(holder()); }
    bool await_resume() {
        if (!settle_in_time()) return false;
        lock_->acquired(where());
        return true;
    }

private:
    Lock* lock_;
};

}  // namespace coil
