// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/call.hpp>

namespace coil::ring {

// Does a call by the system call that it describes; a negative errno is a value. Threads: any.
long kernel_call(const call& c, bool signal_free_writes = false);
int kernel_close(int fd) noexcept;

}  // namespace coil::ring
