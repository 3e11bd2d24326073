// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/auto_event.hpp>

#include <coil/sync/thread_wait.hpp>

#include <mutex>

namespace coil {

bool auto_event::arrive(wait_list& line, waiter&) noexcept {
    auto_event& self = line.of<auto_event>();
    for (;;) {
        if (self.try_wait()) return true;
        std::uint32_t found = unset;
        if (replace(self.state_, found, waited) || found == waited) return false;
    }
}

void auto_event::left(wait_list& line, waiter&, wake_batch&) noexcept {
    if (!line.empty()) return;
    std::uint32_t found = waited;
    replace(line.of<auto_event>().state_, found, unset);
}

void auto_event::set() noexcept {
    std::uint32_t found = unset;
    if (replace(state_, found, set_) || found == set_) return;
    wake_batch wakes;
    const std::scoped_lock held(lock_);
    const bool given = line_.grant_front(wakes) != nullptr;
    // release: what was written before is seen by who takes it without having waited
    if (!given) state_.store(set_, std::memory_order_release);
    else if (line_.empty()) state_.store(unset, std::memory_order_relaxed);
}

void auto_event::wait_blocking(place where) {
    if (try_wait()) return;
    thread_wait w;
    w.sleep_in(line_, where);
}

}  // namespace coil
