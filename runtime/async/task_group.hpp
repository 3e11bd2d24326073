// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <string_view>

namespace coil {

/// Holds the spawned tasks that somebody waits for together: what a scope and a run have in common.
/// Threads: all from any.
class task_group : public task_owner, public list_hook {
public:
    void add(task_record& r) override;
    void failed(task_record&, const std::exception_ptr&) noexcept override {}
    void ended(task_record& r) noexcept final;

    /// Stops every task that is in the group now and every one that comes.
    void stop(std::string_view reason) noexcept;
    /// Stops the daemons alone.
    void stop_daemons(std::string_view reason) noexcept;

    std::size_t tasks() const noexcept;    ///< that are no daemons
    std::size_t daemons() const noexcept;
    bool stopped() const noexcept;

    /// Calls f for each task, under the group's lock.
    void each(void (*f)(task_record&, void*), void* context);
    /// Does that for every group of the process: no task goes, and no executor that one is at home on.
    static void each_of_all(void (*f)(task_record&, task_group& of, void*), void* context);

protected:
    task_group() = default;
    ~task_group();

    /// A task has ended, the group's lock is held. Returns the node to make ready once the lock is free, or null. After
    /// that the group may be gone.
    virtual wait* task_ended(task_record& r) noexcept = 0;

    std::size_t tasks_locked() const noexcept { return live_ - daemons_; }
    std::size_t daemons_locked() const noexcept { return daemons_; }
    mutable spin_lock lock_;

private:
    void enlist() noexcept;
    void stop_some(bool daemons_only, std::string_view reason) noexcept;

    intrusive_list<task_record> members_;
    intrusive_list<task_record> told_;  // members that have been stopped
    std::size_t live_ = 0;
    std::size_t daemons_ = 0;
    bool stopped_ = false;
    std::atomic<bool> listed_{false};  // among all groups of the process, from the first task on
};

}  // namespace coil
