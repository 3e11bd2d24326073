// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/condition.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/parker.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace coil {

namespace {

constexpr std::string_view gone = "the condition that this waited for was destroyed";

}  // namespace

const wait_table condition_wait::table = {&condition_wait::stop, nullptr, &condition_wait::describe};

void condition_place::go_to_lock(claimant::outcome why, wake_batch& wakes) noexcept {
    why_ = why;
    set_state(claimant::outcome::promised);
    lock_->requeue(*this, wakes);
}

// ------------------------------------------------------------------ the wait of a branch

condition_wait::condition_wait(condition_wait&& other) noexcept
    : wait(std::move(other)), condition_place(*other.lock_), timer(&ring), condition_(other.condition_),
      duration_(other.duration_), where_(other.where_) {
    deadline = other.deadline;
}

std::coroutine_handle<> condition_wait::await_suspend(std::coroutine_handle<> h) noexcept {
    executor* const home = owner()->home;
    if (duration_ != nanoseconds::max()) deadline = deadline_after(home->now(), duration_);
    waits_as(*this);
    const bool entered = enter(h, [this, home] {
        if (deadline != never) {
            armed_on_ = home;
            home->arm(*this);
        }
        if (!condition_->line_.enter(*this)) {
            why_ = outcome::late;  // quicker than we: we hold the lock still
            return false;
        }
        // Notified from here on, and given the lock once it is free: by us, with the next line but one.
        owned_lock& lock = *lock_;
        released_ = true;
        depth_ = std::exchange(lock.depth_, 0);
        lock.free();
        return true;
    });
    return entered ? go_to_next() : transfer(h);
}

bool condition_wait::await_resume() {
    if (armed_on_) armed_on_->disarm(*this);
    finish();
    if (released_) {
        if (state() == outcome::orphaned) [[unlikely]]
            misuse("the lock of the condition that this waited for was destroyed", where_);
        lock_->depth_ = depth_;
        lock_->note(where_);
        released_ = false;
    }
    const outcome why = std::exchange(why_, outcome::granted);
    if (why == outcome::stopped) throw cancelled();
    if (why == outcome::orphaned) misuse(gone, where_);
    return why == outcome::granted;
}

bool condition_wait::stop(wait& w) noexcept {
    auto& self = static_cast<condition_wait&>(w);
    if (!self.win(outcome::stopped)) return false;
    self.condition_->line_.leave(self);
    wake_batch wakes;
    self.go_to_lock(outcome::stopped, wakes);
    return false;  // the lock makes it ready
}

void condition_wait::ring(timer& t) noexcept {
    auto& self = static_cast<condition_wait&>(t);
    if (!self.win(outcome::late) || !self.condition_->line_.leave(self)) return;
    wake_batch wakes;
    self.go_to_lock(outcome::late, wakes);
}

void condition_wait::describe(const wait&, std::string& text) { text.append("a condition"); }

// ------------------------------------------------------------------ the wait of a thread

namespace {

class thread_place : public condition_place {
public:
    explicit thread_place(owned_lock& lock) noexcept : condition_place(lock, parker_, this_holder()) {}
    void park() noexcept { parker_.park(); }
    bool condition_is_gone() const noexcept { return why_ == outcome::orphaned; }

private:
    parker parker_;
};

}  // namespace

void condition::block(owned_lock& lock, place where) {
    thread_wait::check_may_wait(line_, where);
    thread_place here(lock);
    line_.enter(here);
    const std::uint32_t depth = std::exchange(lock.depth_, 0);
    lock.free();
    here.park();
    if (here.state() == claimant::outcome::orphaned)
        misuse("the lock of the condition that this waited for was destroyed", where);
    lock.depth_ = depth;
    lock.note(where);
    if (here.condition_is_gone()) misuse(gone, where);
}

// ------------------------------------------------------------------ the condition

std::size_t condition::move_to_locks(std::size_t n, claimant::outcome why) noexcept {
    constexpr std::size_t at_once = 1000;  // others want the lock too
    std::size_t moved = 0;
    std::uint64_t end = 0;
    for (bool begun = false, more = true; more; begun = true) {
        wake_batch wakes;
        const std::scoped_lock held(lock_);
        std::unique_lock<spin_lock> theirs;  // of the line that they go to: they nearly always have one lock
        const owned_lock* to = nullptr;
        if (!begun) end = line_.next_ticket();
        for (std::size_t k = 0; more && k != at_once; ++k) {
            waiter* w = moved == n ? nullptr : line_.front();
            if (w && wait_list::ticket_of(*w) < end) w = line_.promise_front();
            else w = nullptr;
            more = w != nullptr;
            if (!w) break;
            ++moved;
            condition_place& here = *static_cast<condition_place*>(w);
            here.why_ = why;
            if (here.lock_ != to) {
                if (theirs) theirs.unlock();
                to = here.lock_;
                theirs = std::unique_lock(here.lock_->lock_);
            }
            here.lock_->requeue_locked(here, wakes);
        }
    }
    return moved;
}

void condition::notify_first(std::size_t n) noexcept {
    if (n != 0) move_to_locks(n, claimant::outcome::granted);
}

condition::~condition() {
    const std::size_t waited = move_to_locks(~std::size_t{0}, claimant::outcome::orphaned);
    if (waited == 0) return;
    try {
        log("a condition was destroyed while " + std::to_string(waited) + (waited == 1 ? " waited" : " were waiting") +
            " for it; their waits end with an error");
    } catch (const std::bad_alloc&) {
        log("a condition was destroyed while somebody waited for it");
    }
}

void condition::without_lock(place where) {
    misuse(std::errc::operation_not_permitted, "whoever waits for a condition holds its lock", where);
}

void condition::check_stop() {
    const branch& b = *this_thread.current;
    if (b.root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(b.innermost)) throw cancelled();
}

time_point condition::deadline_of_branch(nanoseconds d) noexcept {
    return deadline_after(this_thread.current->home->now(), d);
}

}  // namespace coil
