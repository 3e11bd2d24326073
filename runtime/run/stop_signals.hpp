// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil {

class run_state;

/// Puts the signal handlers back that `stop_on` replaced for this run. The run calls it as it ends.
void release_stop_signals(run_state& r) noexcept;

}  // namespace coil
