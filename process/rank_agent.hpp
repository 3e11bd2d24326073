// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/wire.hpp>

namespace coil::process {

/// Serves as a rank until it is told that this is the end, or the process with the pools is gone: has workers on this
/// machine, and carries messages between their rings and the wire. Returns the exit code.
int serve_as_rank(wire& w);

}  // namespace coil::process
