// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/this_task.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/coro/time_limit.hpp>

namespace coil::this_task {

namespace {
branch& current(place where) {
    if (branch* b = this_thread.current) return *b;
    misuse("coil::this_task was used outside of a task", where);
}
}  // namespace

std::uint64_t id(place where) { return current(where).root->id(); }
std::string_view name(place where) { return current(where).root->name(); }
std::stop_token stop_token(place where) { return current(where).root->token(); }

void check_stop(place where) {
    branch& b = current(where);
    time_limit::look_around(b);  // a timer cannot fire on a thread that computes
    if (b.root->stopping.load(std::memory_order_acquire) != 0 && region::reaches(b.innermost)) throw cancelled();
}

}  // namespace coil::this_task
