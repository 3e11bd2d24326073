// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/thread_wait.hpp>

#include <coil/runtime/base/contract.hpp>

#include <string>
#include <system_error>

namespace coil {

void thread_wait::check_may_wait(const wait_list& line, place where) {
    if (this_thread.here)
        misuse(std::errc::resource_deadlock_would_occur,
               "a blocking wait for a " + std::string(line.name()) +
                   " on a thread that runs tasks would stop all of them: co_await it",
               where);
}

bool thread_wait::sleep_in(wait_list& line, place where, time_point deadline) {
    waits_again();
    if (this_thread.here) {
        if (line.take_at_once(*this)) return true;
        check_may_wait(line, where);
    }
    if (!line.enter(*this)) return true;
    return sleep(line, where, deadline);
}

bool thread_wait::sleep(wait_list& line, place where, time_point deadline) {
    if (!parker_.park(deadline)) {
        if (win(outcome::late)) {
            line.leave(*this);
            return false;
        }
        parker_.park();  // lost: the wake-up is on its way, and touches this stack until it has come
    }
    if (state() == outcome::orphaned) misuse("the primitive that this waited for was destroyed", where);
    return true;
}

}  // namespace coil
