// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/wait.hpp>

#include <stdexcept>

namespace coil {

bool wait::refused_slow() noexcept {
    if (!region::reaches(owner()->innermost)) return false;
    set_claim(claim_state::stopped);
    return true;
}

void wait::outside_of_a_task() {
    broken("an operation of coil was awaited in a coroutine that is not a coil::task; make that coroutine a task");
}

}  // namespace coil
