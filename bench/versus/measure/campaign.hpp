// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "measure/progress.hpp"
#include "modes/mode.hpp"
#include "report/findings.hpp"
#include "work/work_spec.hpp"

namespace versus {

/// How often and how long one work is measured.
struct campaign_plan {
    std::vector<std::string> modes;
    std::size_t rounds = 3;
    bool rounds_fixed = false;  ///< The clock takes no round away.
    double expected_s = 1;      ///< What the sequential run is thought to take.
    double share_until_s = 0;   ///< On the progress' clock: no further round after this once there are three.
    double all_until_s = 0;     ///< On the progress' clock: no further round after this at all.
};

/// Runs a work in all modes, round by round: each round runs every mode once, and begins with another mode each time.
/// Adds what was measured to `into` as it goes, so that an exception leaves it there.
/// Errors: those of launch(), and std::runtime_error for a mode that comes to other results than the one before.
void measure_work(const work_spec& spec, const mode_limits& limits, const campaign_plan& plan, progress& tell,
                  work_findings& into);

}  // namespace versus
