// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

namespace coil::machine {

/// How many threads can run at once here: the affinity mask, and the cgroup's CPU quota rounded up, whichever is less.
unsigned concurrency() noexcept;

/// The cgroup's CPU quota rounded up to whole processors, the least on the way to the root; the largest number if there
/// is none. `membership` is what /proc/self/cgroup says, `mount` is where version 2 is mounted.
unsigned cpu_quota(const std::string& membership, const std::string& mount);

/// Names the calling thread (15 characters are kept) and blocks all but the synchronous signals on it.
void become_thread(const std::string& name) noexcept;

}  // namespace coil::machine
