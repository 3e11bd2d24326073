// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/lock_all.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/line_wait.hpp>

#include <string>
#include <system_error>

namespace coil {

// The wait for one lock of whatever kind.
class step_wait : public line_wait {
public:
    step_wait(const lock_step& s, place where) noexcept
        : line_wait(s.lock->line(), where, owned_lock::with_others), step_(&s) {}
    bool await_ready() { return refused() || step_->begin(*step_->lock, holder(), where()); }
    // False if somebody who wants others too has taken it away meanwhile.
    bool await_resume() {
        settle();
        if (!step_->lock->confirm(holder())) return false;
        step_->acquired(*step_->lock, where());
        return true;
    }

private:
    const lock_step* step_;
};

namespace {

void refuse_doubles(const lock_step* steps, std::size_t count, place where) {
    for (std::size_t i = 0; i != count; ++i) {
        for (std::size_t k = 0; k != i; ++k) {
            if (steps[i].lock == steps[k].lock && !steps[i].recursive)
                misuse(std::errc::resource_deadlock_would_occur, "lock_all was given one mutex twice", where);
        }
    }
}

// Takes all but `held`, without waiting. Returns which was not free, none being held then, or `count`.
std::size_t take_others(const lock_step* steps, std::size_t count, std::size_t held, place where) {
    const holder_id me = this_holder();
    for (std::size_t i = 0; i != count; ++i) {
        if (i == held) continue;
        bool taken = false;
        try {
            taken = steps[i].begin(*steps[i].lock, me, where) || steps[i].take_away(me);
        } catch (...) {
            for (std::size_t k = 0; k != i; ++k)
                if (k != held) steps[k].release(*steps[k].lock);
            steps[held].release(*steps[held].lock);
            throw;
        }
        if (taken) {
            steps[i].acquired(*steps[i].lock, where);
            continue;
        }
        for (std::size_t k = 0; k != i; ++k)
            if (k != held) steps[k].release(*steps[k].lock);
        steps[held].release(*steps[held].lock);
        return i;
    }
    return count;
}

}  // namespace

// Waits for one, and takes the others only if they are free: what was not is the one to wait for next.
task<> lock_steps(const lock_step* steps, std::size_t count, place where) {
    refuse_doubles(steps, count, where);
    for (std::size_t first = 0; first != count;) {
        step_wait w(steps[first], where);
        const bool held = co_await w;
        if (held) first = take_others(steps, count, first, where);
    }
}

}  // namespace coil
