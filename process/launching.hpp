// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/clone.hpp>
#include <coil/runtime/coro/task.hpp>

namespace coil::process {

/// Makes a child, on this thread or on the nursery's.
/// Completes: with what `start_child` returned. Cancel: a child that was made is returned all the same.
/// Lifetime: what it says lives until then.
task<launched> launch_child(const launch& what);

}  // namespace coil::process
