// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/region.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/coro/timer.hpp>

#include <atomic>
#include <cstdint>

namespace coil {

/// Is the region of a timeout. Opening it notes the moment and nothing else; the timer is armed when a branch inside
/// really suspends (`branch::suspends`), so what completes without waiting costs no timer.
/// Code that neither suspends nor ends is looked at now and then: by the resumer, and by `this_task::check_stop`.
/// Invariant: once a limit is armed, those further out are armed or being armed by the same walk.
class time_limit final : public region, timer {
public:
    explicit time_limit(nanoseconds d) noexcept : region(kind::time_limit), timer(&ring), duration_(d) {}
    time_limit(time_limit&& other) noexcept : time_limit(other.duration_) {}
    ~time_limit() = default;

    void open(branch& b) noexcept {
        outer = b.innermost;
        branch_ = &b;
        inherited_ = b.inherited;
        b.innermost = this;
        b.inherited |= branch::timed | branch::unarmed;
        start_ = b.home->stamp();
    }
    void close() noexcept {
        branch_->innermost = outer;
        branch_->inherited = inherited_;
        // the branches inside have ended: what they wrote is seen here
        if (armed_on_) [[unlikely]] armed_on_->disarm(*this);
        branch_->root->closed(*this);
    }
    /// After `close`: tells whether it was this limit, and no stop from further out, that stopped what was inside.
    bool expired() const noexcept {
        return stopped.load(std::memory_order_acquire) && !region::reaches_from_outside(*this);
    }

    /// Stops the regions around `b` whose time is over. Threads: one on which the branch's code runs.
    static void look_around(branch& b) noexcept {
        if ((b.inherited & branch::timed) != 0) [[unlikely]] look_closer(b);
    }
    /// Arms the limits around `b` that are not armed.
    static void arm_around(branch& b) noexcept;

private:
    static void ring(timer& t) noexcept;
    static void look_closer(branch& b) noexcept;
    bool arm() noexcept;
    time_point due() const noexcept { return deadline_after(branch_->home->time_of(start_), duration_); }

    nanoseconds duration_;
    std::uint64_t start_ = 0;
    branch* branch_ = nullptr;        // that opened it; suspended, or the one that asks
    std::uintptr_t inherited_ = 0;    // the branch's own, before
    executor* armed_on_ = nullptr;
    std::atomic<bool> claimed_{false};  // for arming: several branches inside may suspend at once
};

}  // namespace coil
