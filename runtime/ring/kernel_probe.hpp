// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/features.hpp>

namespace coil::ring {

// Tries each feature on a ring that is still disabled, without leaving a trace in it.
features probe(int ring_fd);

}  // namespace coil::ring
