// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/task_group.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/region.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <atomic>
#include <cstdint>
#include <exception>

namespace coil {

/// Is what a scope and its tasks share: it outlives the scope while a handle holds an error that nobody took.
class scope_tasks final : public task_group {
public:
    scope_tasks() noexcept = default;
    void release() noexcept { drop(); }

    /// Remembers whose run spawns go to; called by every spawn.
    void in_run_of(branch* b) noexcept;

    /// Opens the region of the scope's body on its branch: a failing task stops it.
    void open_body(branch& b) noexcept;
    void close_body() noexcept;
    /// The body has thrown: an error is the scope's first, or suppressed. `cancelled` changes nothing.
    void body_failed(std::exception_ptr e) noexcept;

    /// Throws the first failure, once.
    void throw_failure();
    /// The first failure, if nobody got it.
    std::exception_ptr lost_failure() noexcept;

    enum class whom : std::uint8_t { tasks, everybody };
    enum class registered : std::uint8_t { yes, nobody_left, occupied };
    bool none_left(whom w) const noexcept;
    /// Has `w` made ready once none is left.
    registered set_joiner(wait& w, whom for_whom) noexcept;
    /// Stops all of them in the next step of an executor, for callers that hold a lock.
    void stop_soon(executor& on) noexcept;

private:
    struct stop_job : job {
        explicit stop_job(scope_tasks& t) noexcept : job(&go), tasks(&t) {}
        static void go(job& j) noexcept;
        scope_tasks* tasks;
    };
    ~scope_tasks() = default;
    void failed(task_record& r, const std::exception_ptr& error) noexcept override;
    wait* task_ended(task_record& r) noexcept override;
    void unclaimed(std::exception_ptr error, task_record& r) noexcept override;
    task_owner& keep() noexcept override;
    void drop() noexcept override;
    task_owner& run() noexcept override;
    bool note_failure(const std::exception_ptr& error) noexcept;
    void stop_body() noexcept;
    bool none_left_locked(whom w) const noexcept;

    std::atomic<std::uint32_t> references_{1};  // the scope, handles with errors, a stop on its way
    std::atomic<task_owner*> run_{nullptr};
    std::exception_ptr first_;        // of the failures, kept to tell it from later ones; guarded by the group's lock
    bool thrown_ = false;             // likewise
    wait* joiner_ = nullptr;          // likewise
    whom joined_ = whom::everybody;   // likewise
    std::atomic<bool> stop_sent_{false};
    stop_job stop_job_{*this};

    // body_: none | open: its region may be stopped | busy: a failing task is about to, the body waits before it closes
    enum class body : std::uint8_t { none, open, busy };
    std::atomic<body> body_{body::none};
    region body_region_;
    branch* body_branch_ = nullptr;
};

/// Waits until a scope has no task left. A stop does not end it: it is passed on to the tasks, whose end is waited for.
class [[nodiscard("co_await it")]] scope_wait : public wait {
public:
    scope_wait(scope_tasks& t, scope_tasks::whom for_whom, place where) noexcept
        : wait(table), tasks_(&t), for_whom_(for_whom), where_(where) {}
    scope_wait(scope_wait&& other) noexcept : scope_wait(*other.tasks_, other.for_whom_, other.where_) {}

    bool await_ready() noexcept { return tasks_->none_left(for_whom_); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    void await_resume();

private:
    bool wait_for_the_last(std::coroutine_handle<> h) noexcept;
    static bool stop(wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;

    scope_tasks* tasks_;
    scope_tasks::whom for_whom_;
    place where_;
    region shield_;          // opened once the stop has been passed on
    bool shielded_ = false;
    bool occupied_ = false;  // somebody else waits
};

}  // namespace coil
