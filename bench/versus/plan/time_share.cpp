// SPDX-License-Identifier: BSL-1.0
#include "plan/time_share.hpp"

#include <algorithm>

#include "modes/mode.hpp"

namespace versus {
namespace {

// What one run of a mode takes, as a share of the sequential run: rough, and rather too much than too little.
double expected_share(work_kind kind, const std::string& mode, std::size_t cores) {
    const double one_of_cores = 1.0 / static_cast<double>(std::max<std::size_t>(1, cores));
    if (mode == "sequential") return 1;
    switch (kind) {
    case work_kind::waits:
        return 0.3;
    case work_kind::computes:
        return is_on_one_thread(mode) ? 1 : 1.15 * one_of_cores;
    case work_kind::both:
        return 0.4;
    }
    return 1;
}

// A process to start, the files to get ready: what a run takes beside the work.
constexpr double run_overhead_s = 0.02;
// A work whose sequential run is mostly waiting needs more time to hold enough items.
double weight(const std::string& work) {
    const work_entry* entry = find_work(work);
    return entry != nullptr && entry->needs_server ? 1.6 : 1;
}

}  // namespace

double sequential_time(work_kind kind, const std::vector<std::string>& modes, std::size_t rounds, std::size_t cores,
                       double seconds) {
    double shares = 0;
    for (const std::string& mode : modes)
        shares += expected_share(kind, mode, cores);
    const double per_round = seconds / static_cast<double>(rounds) - run_overhead_s * static_cast<double>(modes.size());
    return std::clamp(per_round / std::max(shares, 0.1), 0.005, 4.0);
}

double share_of_first(const std::vector<std::string>& remaining_works) {
    double sum = 0;
    for (const std::string& work : remaining_works)
        sum += weight(work);
    return remaining_works.empty() ? 0 : weight(remaining_works.front()) / sum;
}

}  // namespace versus
