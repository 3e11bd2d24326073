// SPDX-License-Identifier: BSL-1.0
#include "report/findings.hpp"

#include <algorithm>

#include "report/statistics.hpp"

namespace versus {

std::vector<double> mode_findings::walls() const {
    std::vector<double> all;
    for (const run_figures& run : runs)
        all.push_back(run.wall_s);
    return all;
}

double mode_findings::median_of(double (*figure)(const run_figures&)) const {
    std::vector<double> all;
    for (const run_figures& run : runs)
        all.push_back(figure(run));
    return median(std::move(all));
}

double mode_findings::wall_s() const {
    return median_of([](const run_figures& run) { return run.wall_s; });
}
double mode_findings::cpu_s() const {
    return median_of([](const run_figures& run) { return run.cpu_s(); });
}
double mode_findings::queued_s() const {
    return median_of([](const run_figures& run) { return run.queued_s; });
}
double mode_findings::peak_kib() const {
    return median_of([](const run_figures& run) { return static_cast<double>(run.peak_kib); });
}
double mode_findings::switches() const {
    return median_of([](const run_figures& run) { return static_cast<double>(run.switches()); });
}
double mode_findings::involuntary_switches() const {
    return median_of([](const run_figures& run) { return static_cast<double>(run.involuntary_switches); });
}

const mode_findings* work_findings::find(std::string_view mode) const {
    const auto found = std::ranges::find(modes, mode, &mode_findings::mode);
    return found == modes.end() || found->runs.empty() ? nullptr : &*found;
}

}  // namespace versus
