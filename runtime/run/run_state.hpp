// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/task_group.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/timer.hpp>
#include <coil/runtime/sched/loop.hpp>

#include <atomic>
#include <exception>
#include <string_view>

namespace coil {

/// How a run is set up.
struct run_options {
    count pool_size = {};       ///< workers of `pool()`; not given: what the machine can run at once
    std::string_view name = {}; ///< of the main task
    any_duration grace = nanoseconds::max();  ///< how long a stopped run waits for its tasks before the process ends
};

/// Is one run: a loop on this thread, its tasks, and the rules by which it ends.
///   main returned: waits for the other tasks, then stops the daemons.
///   main threw, a task's error was claimed by nobody, or a stop was asked for: everything is stopped and waited for.
class run_state final : public task_group {
public:
    run_state(loop& l, const run_options& options, place where);
    ~run_state();

    /// Runs the frame as the main task until everything has ended. Takes the frame; the record keeps it.
    void execute(promise_base& first, std::coroutine_handle<> frame, place where);
    /// The record of main, with its outcome, once `execute` has returned.
    task_record& main() noexcept { return *main_; }
    /// The error that ended the run, if it was not main's.
    std::exception_ptr error() noexcept;

    /// Stops everything. Threads: any; `ask_to_stop` also in a signal handler.
    void stop_all(std::string_view reason) noexcept;
    void ask_to_stop() noexcept;
    loop& home() noexcept { return loop_; }

    /// Spawns into the youngest run of the process; null, and the frame untouched, if there is none.
    static task_record* spawn_from_outside(promise_base& first, std::coroutine_handle<> frame, place where);

private:
    class afterlife;  // hears of errors in handles that outlive the run
    struct grace_timer : timer {
        grace_timer() noexcept : timer(&over) {}
        [[noreturn]] static void over(timer& t) noexcept;
    };

    wait* task_ended(task_record& r) noexcept override;
    void unclaimed(std::exception_ptr error, task_record& r) noexcept override;
    task_owner& keep() noexcept override;
    void drop() noexcept override {}
    task_owner& run() noexcept override { return *this; }
    void* io_home() noexcept override { return loop_.io(); }
    bool over() noexcept;
    struct sleep_watch;
    bool alone() noexcept;
    void look_again() noexcept;
    void enlist();
    void strike_off() noexcept;
    void fail(std::exception_ptr error) noexcept;
    bool take_error(std::exception_ptr& error) noexcept;  // false: another one came first

    loop& loop_;
    const nanoseconds grace_;
    std::string_view name_;
    unsigned workers_ = 0;           // that the pool is to have; 0: whatever it has
    task_record* main_ = nullptr;
    bool main_ended_ = false;        // guarded by the group's lock, as the next one
    std::exception_ptr error_;
    bool error_before_main_ = false;
    std::atomic<bool> asked_to_stop_{false};
    std::atomic<bool> attention_{true};  // something has changed that may end the run
    bool stopping_ = false;          // on the loop's thread
    grace_timer grace_timer_;
    afterlife* afterlife_ = nullptr;  // guarded by the group's lock
    run_state* older_ = nullptr;     // in the process's list of runs
};

/// Lends a loop over the kernel's ring for the time of a run. The shell of an ended loop is kept for later runs, so that
/// a post that comes too late is harmless.
class lent_loop {
public:
    lent_loop();
    ~lent_loop();
    lent_loop(const lent_loop&) = delete;
    lent_loop& operator=(const lent_loop&) = delete;
    loop& operator*() noexcept { return *loop_; }

private:
    loop* loop_;
};

}  // namespace coil
