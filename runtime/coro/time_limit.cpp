// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/time_limit.hpp>

namespace coil {

void branch::arm_time_limits() noexcept { time_limit::arm_around(*this); }

void time_limit::arm_around(branch& b) noexcept {
    b.inherited &= ~branch::unarmed;
    for (stop_mark* m = b.innermost; m; m = m->further_out())
        if (m->is == kind::time_limit && !static_cast<time_limit*>(m)->arm()) return;
}

bool time_limit::arm() noexcept {
    if (claimed_.exchange(true, std::memory_order_relaxed)) return false;
    executor* home = branch_->home;
    deadline = due();
    if (deadline == never) return true;
    armed_on_ = home;
    home->arm(*this);
    return true;
}

// On the executor's timer thread. The opener cannot leave `close`, so not die, while this runs: `disarm` waits.
void time_limit::ring(timer& t) noexcept {
    auto& self = static_cast<time_limit&>(t);
    self.branch_->root->stop(self);
}

void time_limit::look_closer(branch& b) noexcept {
    for (stop_mark* m = b.innermost; m; m = m->further_out()) {
        if (m->is != kind::time_limit || m->stopped.load(std::memory_order_relaxed)) continue;
        auto& limit = *static_cast<time_limit*>(m);
        if (limit.due() <= limit.branch_->home->now()) limit.branch_->root->stop(limit);
    }
}

}  // namespace coil
