// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "modes/mode.hpp"

namespace versus {

/// Starts `width` processes, hands them the items over pipes as they become free, and waits for their end.
mode_outcome run_processes(const workload& work, const work_spec& spec, std::size_t width);

}  // namespace versus
