// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/event.hpp>

#include <coil/sync/thread_wait.hpp>

#include <mutex>

namespace coil {

bool event::arrive(wait_list& line, waiter&) noexcept {
    event& self = line.of<event>();
    std::uint32_t found = unset;
    // who is first says so; `set` then comes by the lock
    if (replace(self.state_, found, waited) || found == waited) return false;
    return true;
}

void event::set() noexcept {
    std::uint32_t found = unset;
    if (replace(state_, found, set_) || found == set_) return;
    std::unique_lock held(lock_);
    // what was written before is seen by those who find it set
    state_.store(set_, std::memory_order_release);
    line_.grant_all(held);
}

void event::reset() noexcept {
    std::uint32_t found = set_;
    replace(state_, found, unset);
}

void event::wait_blocking(place where) {
    if (is_set()) return;
    thread_wait w;
    w.sleep_in(line_, where);
}

}  // namespace coil
