// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/figures.hpp"
#include "server/server_process.hpp"
#include "work/catalog.hpp"

namespace versus {

/// All runs of one mode on one work, in the order of the rounds.
struct mode_findings {
    std::string mode;
    std::size_t width = 1;
    std::vector<run_figures> runs;

    [[nodiscard]] std::vector<double> walls() const;
    [[nodiscard]] double median_of(double (*figure)(const run_figures&)) const;
    [[nodiscard]] double wall_s() const;
    [[nodiscard]] double cpu_s() const;
    [[nodiscard]] double queued_s() const;
    [[nodiscard]] double peak_kib() const;
    [[nodiscard]] double switches() const;  ///< Of the context: the voluntary and the forced ones.
    [[nodiscard]] double involuntary_switches() const;
};

struct work_findings {
    std::string work;
    work_kind kind = work_kind::waits;
    std::string title;
    std::string description;
    std::size_t items = 0;
    std::string digest;  ///< Of the results: the same in every run of every mode.
    std::vector<mode_findings> modes;
    std::optional<server_figures> server;
    std::string error;  ///< Why this work ended early; empty if it did not.

    /// Null where that mode has no run.
    [[nodiscard]] const mode_findings* find(std::string_view mode) const;
};

struct machine_facts {
    std::size_t cores = 1;
    std::string processor;
    std::string kernel;
    std::string compiler;
};

/// Everything that the reports tell.
struct findings {
    machine_facts machine;
    std::string started;
    double seconds = 0;
    std::vector<work_findings> works;
    std::vector<std::string> notes;
    std::string partial;  ///< Why something is missing; empty if nothing is.
};

}  // namespace versus
