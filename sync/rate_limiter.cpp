// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/rate_limiter.hpp>

#include <coil/runtime/base/contract.hpp>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

namespace coil {

rate_limiter::checked::checked(double rate, double most_at_once, place where)
    : per_second(rate), burst(std::min(most_at_once, 9e18)) {
    if (!(rate > 0)) bad_argument("a rate limiter whose rate is not positive", where);
    if (!(most_at_once >= 1)) bad_argument("a rate limiter whose burst is less than one", where);
}

rate_limiter::rate_limiter(const checked& c) noexcept
    : interval_(1e9 / c.per_second), burst_(c.burst), line_(lock_, rules, this) {}

// Under the lock: when n tokens are there.
time_point rate_limiter::due(double n) const noexcept {
    return deadline_after(empty_at_, filling(n));
}

// Up to a whole nanosecond, for a full bucket as for each of its tokens: else a burst would take longer than it ever lasts.
nanoseconds rate_limiter::filling(double n) const noexcept {
    return nanoseconds(static_cast<std::int64_t>(std::ceil(std::min(n * interval_, 9e18))));
}

bool rate_limiter::take(time_point now, std::uint64_t n) noexcept {
    const nanoseconds full = filling(burst_);
    // a bucket that is full has been so for ever
    if (!begun_ || now - empty_at_ > full) empty_at_ = now - full;
    begun_ = true;
    const time_point there = due(static_cast<double>(n));
    if (there > now) return false;
    empty_at_ = there;
    return true;
}

bool rate_limiter::try_acquire(time_point now, count n) noexcept {
    const std::scoped_lock held(lock_);
    return line_.empty() && take(now, n.value());
}

void rate_limiter::serve(time_point now, wake_batch& wakes) noexcept {
    while (waiter* const w = line_.front()) {
        if (w->state() == claimant::outcome::ringing) return;  // its alarm is about to go on from here
        const time_point before = empty_at_;
        if (!take(now, w->wants)) return;
        if (!line_.grant(*w, wakes)) empty_at_ = before;
    }
}

bool rate_limiter::token_wait::await_ready() {
    if (refused()) [[unlikely]]
        return true;
    if (static_cast<double>(wants) > limiter_->burst_)
        bad_argument("more tokens than the burst of the rate limiter can never be there", where());
    return limiter_->try_acquire(owner()->home->now(), wants);
}

std::coroutine_handle<> rate_limiter::token_wait::await_suspend(std::coroutine_handle<> h) noexcept {
    executor* const home = owner()->home;
    begins_to_wait();
    const bool entered = enter(h, [this, home] {
        const std::scoped_lock held(limiter_->lock_);
        wait_list& line = limiter_->line_;
        // our own turn is after those before us; whoever of us rings first serves all whose tokens are there
        auto before_us = static_cast<double>(wants);
        for (waiter* w = line.front(); w; w = line.after(*w))
            before_us += static_cast<double>(w->wants);
        deadline = limiter_->due(before_us);
        line.push_back(*this);
        armed_on_ = home;
        home->arm(*this);
        return true;
    });
    return entered ? go_to_next() : transfer(h);
}

void rate_limiter::token_wait::await_resume() {
    if (armed_on_) std::exchange(armed_on_, nullptr)->disarm(*this);
    settle();
}

void rate_limiter::token_wait::ring(timer& t) noexcept {
    auto& self = static_cast<token_wait&>(t);
    // Lost: it is over, and the limiter may be gone. Won: the limiter lives until we have its lock.
    if (!self.win(outcome::ringing)) return;
    wake_batch wakes;
    rate_limiter& limiter = *self.limiter_;
    const std::scoped_lock held(limiter.lock_);
    self.set_state(outcome::open);
    limiter.serve(self.armed_on_->now(), wakes);
    if (!self.is_waiting()) return;
    // Others were before us who are due later than we thought. Under the lock, so that nobody grants us meanwhile.
    self.deadline = limiter.due(static_cast<double>(self.wants));
    self.armed_on_->arm(self);
}

}  // namespace coil
