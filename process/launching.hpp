// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/launch.hpp>
#include <coil/runtime/coro/task.hpp>

namespace coil::process {

/// Makes a child and waits, beside others, until it runs its program or cannot.
/// Completes: as `birth::take`. Cancel: a child that has yet to run its program is killed, and waited for.
/// Lifetime: what it says lives until then. Threads: a child with a death signal is made by the nursery's.
task<launched> launch_child(const launch& what);

}  // namespace coil::process
