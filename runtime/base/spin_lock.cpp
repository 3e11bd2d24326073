// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/spin_lock.hpp>

#include <thread>

namespace coil {

void spin_lock::wait() noexcept {
    for (unsigned round = 0;; ++round) {
        // Past a few hundred rounds the holder is not running: on one core it never would without our core.
        if (round < 256) relax();
        else std::this_thread::yield();
        if (!held_.load(std::memory_order_relaxed) && !held_.exchange(true, std::memory_order_acquire)) return;
    }
}

}  // namespace coil
