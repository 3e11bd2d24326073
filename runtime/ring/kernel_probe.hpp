// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/features.hpp>

namespace coil::ring {

// Tries each feature on a ring that is still disabled, without leaving a trace in it.
features probe(int ring_fd);

// True if pwritev2 can be asked not to raise SIGPIPE.
bool writes_without_signal();

}  // namespace coil::ring
