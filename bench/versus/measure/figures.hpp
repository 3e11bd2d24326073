// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>

namespace versus {

/// What one run of one mode cost.
struct run_figures {
    double wall_s = 0;
    double user_s = 0;
    double system_s = 0;
    double queued_s = 0;  ///< Of the main thread: ready, while something else had the core.
    long peak_kib = 0;
    long voluntary_switches = 0;
    long involuntary_switches = 0;

    [[nodiscard]] double cpu_s() const { return user_s + system_s; }
    [[nodiscard]] long switches() const { return voluntary_switches + involuntary_switches; }
};

/// What a measured process reports.
struct run_report {
    run_figures figures;
    std::size_t items = 0;
    std::string digest;  ///< Over the results of all items in their order.
    std::string error;   ///< Not empty: the run failed, and the rest means nothing.
};

std::string encode(const run_report& report);
/// Throws std::exception on what encode() did not write.
run_report decode_run_report(const std::string& text);

}  // namespace versus
