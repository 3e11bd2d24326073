// SPDX-License-Identifier: BSL-1.0
#include "measure/campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>

#include "measure/interruption.hpp"
#include "measure/launch.hpp"
#include "report/quantity.hpp"

namespace versus {
namespace {

// Enough for statements about noise.
constexpr std::size_t least_rounds = 3;

std::chrono::duration<double> patience(const campaign_plan& plan) {
    return std::chrono::duration<double>(60 + 20 * plan.expected_s);
}

// Like launch(), with the mode in the text of an error.
run_report launch_named(const job& todo, std::chrono::duration<double> patience) {
    try {
        return launch(todo, patience);
    } catch (const interrupted&) {
        throw;
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("{}: {}", todo.mode, error.what()));
    }
}

void run_once(const work_spec& spec, mode_findings& mode, const campaign_plan& plan, progress& tell,
              work_findings& into) {
    const run_report report = launch_named({mode.mode, mode.width, spec}, patience(plan));
    if (into.digest.empty()) {
        into.digest = report.digest;
        into.items = report.items;
    }
    if (report.digest != into.digest) {
        throw std::runtime_error(fmt::format("{}: its results differ from those of the run before: {} instead of {}",
                                             mode.mode, report.digest, into.digest));
    }
    mode.runs.push_back(report.figures);
    tell.extend_round(fmt::format(", {} {}", mode.mode, time_text(report.figures.wall_s)));
}

bool time_for_another(const campaign_plan& plan, std::size_t rounds_done, double longest_round, double now) {
    if (plan.rounds_fixed || rounds_done == 0) return true;
    const double until = rounds_done < least_rounds ? plan.all_until_s : plan.share_until_s;
    return now + longest_round <= until;
}

}  // namespace

void measure_work(const work_spec& spec, const mode_limits& limits, const campaign_plan& plan, progress& tell,
                  work_findings& into) {
    into.modes.clear();
    for (const std::string& name : plan.modes) {
        into.modes.push_back({name, find_mode(name)->width(into.kind, limits), {}});
    }
    double longest_round = 0;
    for (std::size_t round = 0; round < plan.rounds; ++round) {
        const double begin = tell.seconds();
        if (!time_for_another(plan, round, longest_round, begin)) {
            tell.say(fmt::format("{}: {} runs instead of {}, to keep to the time", spec.work, round, plan.rounds));
            return;
        }
        tell.begin_round(fmt::format("run {} of {}", round + 1, plan.rounds));
        for (std::size_t i = 0; i < into.modes.size(); ++i) {
            mode_findings& mode = into.modes[(i + round) % into.modes.size()];
            run_once(spec, mode, plan, tell, into);
        }
        tell.end_round();
        longest_round = std::max(longest_round, tell.seconds() - begin);
    }
}

}  // namespace versus
