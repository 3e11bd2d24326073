// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/exit_status.hpp>

#include <cstdint>

namespace coil::process {

/// Is how a child ended, as the kernel told it; or that it runs; or that nobody can tell any more, because somebody else
/// in the program took the status, or SIGCHLD is ignored.
struct child_end {
    enum class kind : std::uint8_t { running, exited, killed, dumped_core, unknown };
    kind how = kind::running;
    int number = 0;  // the exit code, or the signal
    resource_usage used{};
};

/// The end as users see it; of one that runs: unknown.
exit_status status_of(const child_end& end) noexcept;

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

/// Waits until one of `count` children has ended, or something can be read from `bell`: for a thread that may wait. Sets the
/// pidfd of each that has ended to -1; true if it is the bell. Source: poll(2).
bool wait_for_ends(int* pidfds, unsigned count, int bell);
/// Makes a bell, an eventfd; -1 if there is no descriptor to be had. Rings it. Source: eventfd(2).
int make_nursery_bell() noexcept;
void ring_nursery_bell(int bell) noexcept;

/// Tells whether a descriptor is a terminal.
bool is_terminal(int fd) noexcept;

/// Hides that the kernel can signal a group by a pidfd, for tests of the way without.
void hide_group_signals(bool hidden) noexcept;

}  // namespace coil::process
