// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

namespace coil::debug {

// Begins to look at each resumption and each call of the process: what keeps a loop for longer than the limit is logged
// (zero: nothing is), and all of it goes into the trace, if that is open. Runs in a simulation are left alone: their time
// is none. Threads: one at a time.
void look_at_resumptions(nanoseconds limit) noexcept;
void stop_looking() noexcept;

}  // namespace coil::debug
