// SPDX-License-Identifier: BSL-1.0
#include <coil/process/patience.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <string>
#include <system_error>

namespace coil::process {

namespace {
bool has_cores() noexcept {
    static const bool several = machine::concurrency() > 1;
    return several;
}
}  // namespace

unsigned spins_of_thread() noexcept {
    return has_cores() ? 2000 : 0;
}

unsigned spins_of_task() noexcept {
    const bool others = this_thread.ready != nullptr && !this_thread.ready->empty();
    return has_cores() && !others ? 300 : 0;
}

void refuse_on_coil_thread(const char* what, place where) {
    if (this_thread.here == nullptr) return;
    misuse(std::errc::resource_deadlock_would_occur,
           std::string(what) + " would block a thread of coil; await it instead", where);
}

}  // namespace coil::process
