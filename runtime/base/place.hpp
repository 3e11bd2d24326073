// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <source_location>

namespace coil {

/// Names a line of the user's program: where something was awaited, spawned or locked. One pointer wide.
using place = std::source_location;

}  // namespace coil
