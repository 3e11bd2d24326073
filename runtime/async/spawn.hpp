// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/coro/executor.hpp>

#include <string_view>
#include <utility>

namespace coil {

/// How a task is spawned. The name is copied; a daemon does not keep the run alive and is stopped at its end.
struct spawn_options {
    std::string_view name = {};
    bool daemon = false;
};

/// Makes the record of a new task and queues its first step. `home` null: the caller's; `owner` null: the run.
/// Takes the frame in any case.
task_record& spawn_frame(promise_base& first, std::coroutine_handle<> frame, const spawn_options& options, place where,
                         executor* home = nullptr, task_owner* owner = nullptr);

template <class T>
join_handle<T> spawn_task(task<T>&& t, const spawn_options& options, place where, executor* home = nullptr,
                          task_owner* owner = nullptr) {
    if (!t) misuse("this task was awaited, spawned or moved from before", where);
    const auto frame = t.release();
    return join_handle<T>(spawn_frame(frame.promise(), frame, options, where, home, owner));
}

/// Starts a task (or any awaitable) beside the caller; it begins soon, at the back of the caller's home.
/// Completes: at once, with a handle. Errors: `std::logic_error` outside of a run.
/// Lifetime: arguments of the task's function must live as long as the task: pass them by value.
/// Cost: one recycled record beside the task's frame, a short lock; no system call.
template <to_be_awaited A>
auto spawn(A&& a, spawn_options options = {}, place where = place::current()) {
    return spawn_task(as_task(std::forward<A>(a)), options, where);
}

/// The same, at home on another executor: `spawn_on(pool(), work())`.
template <to_be_awaited A>
auto spawn_on(executor& home, A&& a, spawn_options options = {}, place where = place::current()) {
    return spawn_task(as_task(std::forward<A>(a)), options, where, &home);
}

}  // namespace coil
