// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>

namespace coil::machine {

/// How many threads can run at once here: the affinity mask, and the cgroup's CPU quota rounded up, whichever is less.
unsigned concurrency() noexcept;

/// The cgroup's CPU quota rounded up to whole processors, the least on the way to the root; the largest number if there
/// is none. `membership` is what /proc/self/cgroup says, `mount` is where version 2 is mounted.
unsigned cpu_quota(const std::string& membership, const std::string& mount);

/// How many threads the process has, without those that the kernel keeps for io_uring; 0 if that cannot be told.
std::size_t threads() noexcept;

/// How many threads of coil's own, besides those of the pool and those for blocking calls, wake nobody at present unless
/// they are asked for something. Each is counted by whoever knows: 1 when it begins to rest, -1 before it is asked.
std::size_t resting_threads() noexcept;
void count_resting_thread(int by) noexcept;

/// True for a signal that an instruction raises, or a tool in its place: SIGSEGV, SIGTRAP, SIGABRT and their like.
bool synchronous(int signal) noexcept;

/// True if the process catches a signal that somebody may send it, or if that cannot be told. The synchronous ones do not
/// count, nor those that the C library keeps for itself, nor the one called `besides`.
bool catches_signals(int besides = 0) noexcept;
/// The same of a mask as /proc/self/status has it: "0000000180004002". Errors: `std::invalid_argument` for another text.
bool catches_signals(const std::string& mask, int besides = 0);

/// Names the calling thread (15 characters are kept) and blocks all but the synchronous signals on it.
void become_thread(const std::string& name) noexcept;

}  // namespace coil::machine
