// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/interval.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/thread_state.hpp>

namespace coil {

interval::interval(nanoseconds d) noexcept : period_(d) {
    if (executor* here = this_thread.here) due_ = deadline_after(here->now(), period_);
}

interval::tick_await interval::next(place where) {
    executor* here = this_thread.here;
    if (!here) misuse("interval::next outside of a task", where);
    if (!due_) due_ = deadline_after(here->now(), period_);
    return tick_await(*this, *due_);
}

std::uint64_t interval::tick_await::await_resume() {
    sleep_.await_resume();
    return interval_->count_ticks();
}

std::uint64_t interval::count_ticks() noexcept {
    const time_point now = this_thread.here->now();
    if (period_ <= nanoseconds::zero()) {
        due_ = now;
        return 1;
    }
    const auto missed = now > *due_ ? (now - *due_) / period_ : 0;
    due_ = deadline_after(*due_, period_ * missed);
    due_ = deadline_after(*due_, period_);
    return static_cast<std::uint64_t>(missed) + 1;
}

}  // namespace coil
