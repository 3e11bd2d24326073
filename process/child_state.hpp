// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/exit_status.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace coil::process {

/// Is a child as everybody shares it who holds it, waits for it or has to bury it. Its status is taken once, and kept.
/// Threads: any.
class child_state {
public:
    /// Takes the pidfd over. `leads`: the child leads a process group, which then shares its fate.
    child_state(std::string name, int pid, int pidfd, bool leads)
        : name_(std::move(name)), pid_(pid), leads_(leads), pidfd_(pidfd) {}

    const std::string& name() const noexcept { return name_; }
    int pid() const noexcept { return pid_; }
    bool leads() const noexcept { return leads_; }
    ring::descriptor& pidfd() noexcept { return pidfd_; }

    /// How it ended, if it has; takes the status.
    std::optional<exit_status> ended() noexcept;
    /// Whether it has ended; leaves the status, and so the process group, where it is.
    bool is_over() noexcept;
    /// Sends a signal to it, or to its group if it leads one. False if it has been reaped: then nobody gets the signal.
    bool signal(int number, bool to_group) noexcept;

private:
    const std::string name_;
    const int pid_;
    const bool leads_;
    ring::descriptor pidfd_;
    // A signal to the group by number must not meet a number that is somebody else's by now: it is sent under the lock
    // under which the status is taken.
    spin_lock lock_;
    std::optional<exit_status> end_;  // guarded by lock_
};

/// Waits until a child has ended and takes its status.
task<exit_status> end_of(std::shared_ptr<child_state> c);
/// Waits until a child has ended and leaves its status.
task<> until_over(std::shared_ptr<child_state> c);

}  // namespace coil::process
