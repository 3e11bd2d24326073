// SPDX-License-Identifier: BSL-1.0
#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/quantity.hpp"
#include "report/statistics.hpp"

namespace versus {
namespace {

std::string rounded_count(double n) {
    return count_text(static_cast<std::uint64_t>(n + 0.5));
}

std::string speed_up(const work_findings& work, const mode_findings& mode) {
    const mode_findings* sequential = work.find("sequential");
    if (sequential == nullptr) return "-";
    return ratio_text(ratios(sequential->walls(), mode.walls()).median);
}

std::string run_count(const work_findings& work) {
    std::size_t least = 0;
    std::size_t most = 0;
    for (const mode_findings& mode : work.modes) {
        most = std::max(most, mode.runs.size());
        least = least == 0 ? mode.runs.size() : std::min(least, mode.runs.size());
    }
    if (least == most) return fmt::format("{} run{}", most, most == 1 ? "" : "s");
    return fmt::format("{} to {} runs", least, most);
}

}  // namespace

table table_of(const work_findings& work) {
    table cells;
    cells.head = {"mode", "at once", "median time", "speed-up", "CPU time", "peak memory", "switches", "forced"};
    for (const mode_findings& mode : work.modes) {
        if (mode.runs.empty()) continue;
        cells.rows.push_back({mode.mode, count_text(mode.width), time_text(mode.wall_s()), speed_up(work, mode),
                              time_text(mode.cpu_s()), memory_text(mode.peak_kib()), rounded_count(mode.switches()),
                              rounded_count(mode.involuntary_switches())});
    }
    return cells;
}

std::string plain_text(const table& cells) {
    std::vector<std::size_t> widths;
    for (const std::string& name : cells.head)
        widths.push_back(name.size());
    for (const auto& row : cells.rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    const auto line = [&](const std::vector<std::string>& row) {
        std::string text = fmt::format("  {:<{}}", row[0], widths[0]);
        for (std::size_t i = 1; i < row.size(); ++i)
            text += fmt::format("  {:>{}}", row[i], widths[i]);
        return text + '\n';
    };
    std::string text = line(cells.head);
    for (const auto& row : cells.rows)
        text += line(row);
    return text;
}

std::string plain_text(const work_findings& work) {
    std::string text = fmt::format("{} ({}): {}\n", work.work, name_of(work.kind), work.description);
    const table cells = table_of(work);
    if (!cells.rows.empty()) text += fmt::format("{}  medians of {}\n", plain_text(cells), run_count(work));
    if (!work.error.empty()) text += fmt::format("  ended early: {}\n", work.error);
    return text;
}

}  // namespace versus
