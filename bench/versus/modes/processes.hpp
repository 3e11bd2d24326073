// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "modes/mode.hpp"

namespace versus {

/// Has a `coil::process::pool` of `width` workers do the items, one at a time, and waits for the workers' end.
mode_outcome run_processes(const workload& work, const work_spec& spec, std::size_t width);

}  // namespace versus
