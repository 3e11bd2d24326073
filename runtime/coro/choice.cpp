// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/choice.hpp>

#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/thread_state.hpp>

namespace coil {

bool wait::takes_as_arm() noexcept { return static_cast<arm*>(owner())->take(); }
branch& wait::actor_of_arm() noexcept { return static_cast<arm*>(owner())->chooser(); }

wait::withdrawal wait::withdraw() noexcept {
    task_record& r = *owner()->root;
    const task_record::locked here(r);
    if (!entered_ || is_claimed()) return withdrawal::coming;
    const executor* const where = table_->where ? table_->where(*this) : nullptr;
    if (where && !where->here()) return withdrawal::elsewhere;
    if (!table_->stop(*this)) return withdrawal::coming;
    set_claim(claim_state::stopped);
    r.unlink(*this);
    return withdrawal::ended;
}

bool arm::take() noexcept {
    arm* nobody = nullptr;
    // acquire and release: the sources of a choice see each other's decision
    return of_->taken_.compare_exchange_strong(nobody, this, std::memory_order_acq_rel) || nobody == this;
}

branch& arm::chooser() const noexcept { return *of_->chooser_; }

void choice::open(branch& chooser, arm* arms, std::uint32_t count) noexcept {
    chooser_ = &chooser;
    arms_ = arms;
    count_ = count;
    region_.outer = chooser.innermost;
    parallel_ = chooser.home->parallel();
    for (std::uint32_t i = 0; i != count; ++i) {
        arms[i].fork_from(chooser, region_);
        arms[i].of_ = this;
    }
}

void choice::ready(arm& a) noexcept { a.of_->taken_.store(&a, std::memory_order_relaxed); }

void choice::begin(std::coroutine_handle<> frame) noexcept {
    frame_ = frame;
    left_.store(count_ + 1, std::memory_order_relaxed);
    chooser_->suspends();
    for (std::uint32_t i = 0; i != count_; ++i)
        arms_[i].inherited = chooser_->inherited;  // the limits around are armed by now
}

// False if the matter is decided: then this one need not begin.
bool choice::begins(arm& a, wait& w) noexcept {
    if (taken_.load(std::memory_order_relaxed)) {
        leave(1);
        return false;
    }
    a.what_ = &w;
    return true;
}

bool choice::suspended() noexcept {
    if (reach(registered)) end_others();
    return !leave(1);
}

// True if that is the one.
bool choice::ended_at_once(arm& a) noexcept {
    over(a);
    return taken_.load(std::memory_order_relaxed) == &a;
}

// Notes that a point has been come to; true for whoever comes second.
bool choice::reach(std::uint8_t point) noexcept {
    // acquire and release: the second sees which arms the first has registered, or that an arm has won
    if (parallel_) return reached_.fetch_or(point, std::memory_order_acq_rel) != 0;
    const std::uint8_t before = reached_.load(std::memory_order_relaxed);
    reached_.store(static_cast<std::uint8_t>(before | point), std::memory_order_relaxed);
    return before != 0;
}

// True for the last.
bool choice::leave(std::uint32_t how_many) noexcept {
    // acquire and release: the last one has seen what every arm wrote
    if (parallel_) return left_.fetch_sub(how_many, std::memory_order_acq_rel) == how_many;
    const std::uint32_t left = left_.load(std::memory_order_relaxed) - how_many;
    left_.store(left, std::memory_order_relaxed);
    return left == 0;
}

// An arm's wait is over. True if it was the last one.
bool choice::over(arm& a) noexcept {
    if (!a.what_->was_stopped() && a.take() && reach(decided)) end_others();
    return leave(1);
}

// The caller is counted in `left_`, so the frame is there until it leaves.
void choice::end_others() noexcept {
    task_record& root = *chooser_->root;
    root.mark(region_);
    arm* const winner = taken_.load(std::memory_order_relaxed);
    std::uint32_t ended = 0;
    bool elsewhere = false;
    for (std::uint32_t i = 0; i != count_; ++i) {
        arm& a = arms_[i];
        if (&a == winner || !a.what_) continue;
        const wait::withdrawal how = a.what_->withdraw();
        ended += how == wait::withdrawal::ended;
        elsewhere |= how == wait::withdrawal::elsewhere;
    }
    if (elsewhere) root.sweep();
    if (ended != 0) leave(ended);
}

arm* choice::close() noexcept {
    chooser_->root->closed(region_);
    arm* const winner = taken_.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i != count_; ++i)
        if (&arms_[i] != winner && arms_[i].what_ && arms_[i].what_->entered_) arms_[i].what_->leave();
    return winner;
}

void choice::resume_arm(node& n) noexcept {
    arm& a = *static_cast<arm*>(n.owner());
    choice& c = *a.of_;
    if (!c.over(a)) {
        this_thread.current = nullptr;
        return;
    }
    this_thread.current = c.chooser_;
    resume(c.frame_);
}

}  // namespace coil
