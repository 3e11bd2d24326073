// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/run/run_state.hpp>

#include <type_traits>
#include <utility>

namespace coil {

/// Takes what main returned out of an ended run, or throws what ended it.
template <class T>
T take_result(run_state& r) {
    task_record& main = r.main();
    // an error that nobody claimed beats the value, and a later error of main: it would be lost otherwise
    if (auto error = r.error()) {
        main.mark_taken();
        if (main.state() == task_state::failed) suppress(main.first().take_thrown(), &main);
        std::rethrow_exception(std::move(error));
    }
    main.mark_taken();
    return static_cast<promise<T>&>(main.first()).take();
}

/// Runs a task, or any awaitable, on a loop on this thread until it and every other task that is no daemon has ended.
/// Completes: with the task's value. Errors: the task's exception; the first error of a task whose handle was dropped;
/// `cancelled` if the run was stopped; `std::logic_error` inside a run; `std::system_error` where io_uring is forbidden;
/// `std::invalid_argument` for a pool of 0; `deadlock` if its tasks wait for what cannot come.
/// Threads: any that runs nothing; several runs may go on at once. Cost: one ring is set up.
template <to_be_awaited A>
await_result_t<A> run(A&& a, run_options options = {}, place where = place::current()) {
    if (this_thread.here) misuse("run inside a run: this thread runs tasks already; await the task instead", where);
    auto main = as_task(std::forward<A>(a));
    if (!main) misuse("this task was awaited, spawned or moved from before", where);
    lent_loop home;
    run_state state(*home, options, where);
    const auto frame = main.release();
    state.execute(frame.promise(), frame, where);
    return take_result<typename decltype(main)::value_type>(state);
}

template <to_be_awaited A>
await_result_t<A> loop::run(A&& a, place where) {
    auto main = as_task(std::forward<A>(a));
    if (!main) misuse("this task was awaited, spawned or moved from before", where);
    run_state state(*this, {}, where);
    const auto frame = main.release();
    state.execute(frame.promise(), frame, where);
    return take_result<typename decltype(main)::value_type>(state);
}

}  // namespace coil
