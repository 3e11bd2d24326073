// SPDX-License-Identifier: BSL-1.0
// Spinning, where time is the number of steps: whoever spins goes on when somebody has written.
#include <coil/runtime/base/spin_lock.hpp>

namespace coil {

void spin_lock::wait() noexcept {
    while (true) {
        if (model::explorer::running()) model::explorer::now().yield();
        if (!held_.newest() && !held_.exchange(true, std::memory_order_acquire)) return;
    }
}

}  // namespace coil
