// SPDX-License-Identifier: BSL-1.0
#include <algorithm>

#include "report/statistics.hpp"
#include "report/verdict.hpp"

namespace versus {
namespace {

constexpr double busy_when_waiting = 0.2;
constexpr double busy_when_computing = 0.8;
constexpr double too_short_s = 0.02;
// Costs that differ by less are taken as equal: a millisecond of CPU time varies as much from run to run.
constexpr double notable_cost = 1.25;

character nature_of(double busy) {
    if (busy <= busy_when_waiting) return character::waits;
    return busy >= busy_when_computing ? character::computes : character::both;
}

// CPU time and memory are taken together: a third less of the one is not worth six times as much of the other.
double cost_of(const mode_findings& mode) {
    return mode.cpu_s() * mode.peak_kib();
}

// The first of those whose cost lies near the least.
const mode_findings* cheapest(const std::vector<const mode_findings*>& modes) {
    double least = cost_of(*modes.front());
    for (const mode_findings* mode : modes)
        least = std::min(least, cost_of(*mode));
    return *std::ranges::find_if(modes,
                                 [&](const mode_findings* mode) { return cost_of(*mode) <= least * notable_cost; });
}

}  // namespace

judgement judge(const work_findings& work) {
    judgement result;
    if (const mode_findings* sequential = work.find("sequential")) {
        const double wall = sequential->wall_s();
        // Sequential work has one thread, so all that it stood in line for is known; without it a machine that is busy
        // with other things would make everything look like waiting.
        result.queued = std::clamp(sequential->queued_s() / wall, 0.0, 0.95);
        result.busy = std::min(1.0, sequential->cpu_s() / (wall * (1 - result.queued)));
        result.nature = nature_of(result.busy);
        result.too_short = wall < too_short_s;
    }

    std::vector<const mode_findings*> in_order;  // of the catalog: the simpler ones first
    for (const mode_findings& mode : work.modes) {
        if (!mode.runs.empty()) in_order.push_back(&mode);
    }
    if (in_order.empty()) return result;
    const mode_findings* first = *std::ranges::min_element(in_order, {}, &mode_findings::wall_s);
    std::vector<const mode_findings*> alike = in_order;
    std::erase_if(alike, [&](const mode_findings* mode) {
        return mode != first && compare(mode->walls(), first->walls()) == standing::longer;
    });

    result.choice = cheapest(alike);
    result.fastest = std::move(alike);
    std::ranges::sort(result.fastest, {}, &mode_findings::wall_s);
    return result;
}

}  // namespace versus
