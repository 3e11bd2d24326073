// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "modes/mode.hpp"

namespace versus {

/// One item after another on this thread: what every other mode is compared with.
mode_outcome run_sequential(const workload& work, const work_spec& spec, std::size_t width);

}  // namespace versus
