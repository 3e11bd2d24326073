// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "modes/mode.hpp"

namespace versus {

/// Starts a thread for each item, at most `width` alive at once, and joins them all.
mode_outcome run_threads(const workload& work, const work_spec& spec, std::size_t width);

}  // namespace versus
