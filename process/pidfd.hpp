// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <cstdint>

namespace coil::process {

/// Is what a child used up, itself and those children of its own that it had waited for.
/// Source: getrusage(2).
struct resource_usage {
    std::chrono::nanoseconds user_time{0};
    std::chrono::nanoseconds system_time{0};
    std::int64_t max_resident_kib = 0;
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;
    std::int64_t blocks_read = 0;
    std::int64_t blocks_written = 0;
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;
};

/// Is how a child ended, as the kernel told it; or that it runs; or that nobody can tell any more, because somebody else
/// in the program took the status, or SIGCHLD is ignored.
struct child_end {
    enum class kind : std::uint8_t { running, exited, killed, dumped_core, unknown };
    kind how = kind::running;
    int number = 0;  // the exit code, or the signal
    resource_usage used{};
};

/// Takes the status of a child that has ended, so that no zombie is left. Never waits.
/// Source: waitid(2) with P_PIDFD.
child_end reap(int pidfd) noexcept;
/// The same without taking it: the zombie stays, and with it the number of its process group.
child_end look(int pidfd) noexcept;
/// Waits as long as it takes, for a thread that may: then as `reap`.
child_end reap_blocking(int pidfd) noexcept;

/// Sends a signal to a child; 0 or a positive errno (ESRCH: it has been reaped). It never reaches a stranger.
int send_signal(int pidfd, int signal) noexcept;
/// Sends a signal to the process group that a child leads. `pid` is the child's, and it has not been reaped: before
/// Linux 6.9 the group has to be named by its number.
int send_signal_to_group(int pidfd, int pid, int signal) noexcept;

/// Tells whether a descriptor is a terminal.
bool is_terminal(int fd) noexcept;

/// Hides that the kernel can signal a group by a pidfd, for tests of the way without.
void hide_group_signals(bool hidden) noexcept;

}  // namespace coil::process
