// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/run/run.hpp>

#include <utility>

namespace coil {

/// Blocks this thread until a record has ended.
void join_blocking(task_record& r) noexcept;

/// Runs a task, or any awaitable, from a plain thread and blocks it until the task has ended: on the youngest run of the
/// process, or, if there is none, on a loop of its own as `run` does.
/// Errors: the task's exception; `errc::resource_deadlock_would_occur` on a thread that runs tasks itself.
template <to_be_awaited A>
await_result_t<A> block_on(A&& a, place where = place::current()) {
    if (this_thread.here)
        misuse(std::errc::resource_deadlock_would_occur,
               "block_on on a thread that runs tasks would wait for itself: await the task instead", where);
    auto t = as_task(std::forward<A>(a));
    if (!t) misuse("this task was awaited, spawned or moved from before", where);
    using value = typename decltype(t)::value_type;
    const auto frame = t.release();
    task_record* r = run_state::spawn_from_outside(frame.promise(), frame, where);
    if (!r) return run(task<value>(frame), {}, where);
    join_blocking(*r);
    struct handle {
        task_record& record;
        ~handle() { record.drop_handle(); }
    } guard{*r};
    r->mark_taken();
    return static_cast<promise<value>&>(r->first()).take();
}

}  // namespace coil
