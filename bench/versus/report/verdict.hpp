// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "report/findings.hpp"

namespace versus {

/// What a work spends its time on, seen from the sequential runs alone.
enum class character { unknown, waits, computes, both };

/// What the runs of one work say.
struct judgement {
    character nature = character::unknown;
    double queued = 0;  ///< Sequentially: time in which something else had the core, of wall time.
    double busy = 0;    ///< Sequentially: CPU time, of the wall time without that.
    std::vector<const mode_findings*> fastest;  ///< The modes that nobody can tell from the fastest, fastest first.
    const mode_findings* choice =
        nullptr;             ///< The cheapest of them in CPU time and memory; where that is alike, the simpler one.
    bool too_short = false;  ///< So little work that starting costs more than doing.
};

judgement judge(const work_findings& work);

/// The verdict for this machine in plain words, a paragraph each, derived from the figures alone.
std::vector<std::string> verdict_of(const findings& found);

}  // namespace versus
