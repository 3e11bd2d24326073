// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

namespace coil::machine {

/// How many threads can run at once here: the affinity mask, and the cgroup's CPU quota rounded up, whichever is less.
unsigned concurrency() noexcept;

/// Names the calling thread (15 characters are kept) and blocks all but the synchronous signals on it.
void become_thread(const std::string& name) noexcept;

}  // namespace coil::machine
