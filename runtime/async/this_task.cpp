// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/this_task.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/coro/time_limit.hpp>

#include <stdexcept>

namespace coil::this_task {

namespace {
branch& current() {
    if (branch* b = this_thread.current) return *b;
    throw std::logic_error("coil::this_task was used outside of a task");
}
}  // namespace

std::uint64_t id() { return current().root->id(); }
std::string_view name() { return current().root->name(); }
std::stop_token stop_token() { return current().root->token(); }

void check_stop() {
    branch& b = current();
    time_limit::look_around(b);  // a timer cannot fire on a thread that computes
    if (b.root->stopping.load(std::memory_order_acquire) != 0 && region::reaches(b.innermost)) throw cancelled();
}

}  // namespace coil::this_task
