// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "report/chart.hpp"
#include "report/statistics.hpp"

namespace versus {
namespace {

std::string canvas(std::string name, int width, int height) {
    std::ranges::replace(name, '-', '_');  // all that gnuplot takes beside letters and digits
    return fmt::format("set terminal svg size {},{} font 'sans-serif,13' name '{}' noenhanced background '#ffffff'\n",
                       width, height, name);
}

constexpr std::string_view bars = "set style data histogram\n"
                                  "set style fill solid 0.85 noborder\n"
                                  "set boxwidth 0.9\n"
                                  "set grid ytics lc rgb '#dddddd'\n"
                                  "set xtics nomirror scale 0\n"
                                  "set ytics nomirror\n"
                                  "set border 3\n"
                                  "set key outside top center horizontal\n";

bool any_run(const work_findings& work) {
    return std::ranges::any_of(work.modes, [](const mode_findings& mode) { return !mode.runs.empty(); });
}

// The modes in the order of their first appearance.
std::vector<std::string> modes_of(const findings& found) {
    std::vector<std::string> names;
    for (const work_findings& work : found.works) {
        for (const mode_findings& mode : work.modes) {
            if (std::ranges::find(names, mode.mode) == names.end()) names.push_back(mode.mode);
        }
    }
    return names;
}

}  // namespace

std::string speed_up_script(const findings& found) {
    const std::vector<std::string> modes = modes_of(found);
    std::string data;
    for (const work_findings& work : found.works) {
        const mode_findings* sequential = work.find("sequential");
        if (sequential == nullptr) continue;
        data += '"' + work.work + '"';
        for (const std::string& name : modes) {
            const mode_findings* mode = work.find(name);
            data += mode == nullptr ? " ?" : fmt::format(" {:.4g}", ratios(sequential->walls(), mode->walls()).median);
        }
        data += '\n';
    }
    if (data.empty()) return {};

    std::string script = canvas("speed_up", 960, 400);
    script += bars;
    script += "set title 'speed-up over sequential (logarithmic)'\n"
              "set style histogram clustered gap 1\n"
              "set logscale y\n"
              "set yrange [0.5:*]\n"
              "set ytics (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)\n"
              "set datafile missing '?'\n"
              "set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb '#555555' back\n"
              "$data << END\n";
    script += data + "END\nplot ";
    for (std::size_t i = 0; i < modes.size(); ++i) {
        script +=
            fmt::format("{}$data using {}{} title '{}'", i == 0 ? "" : ", ", i + 2, i == 0 ? ":xtic(1)" : "", modes[i]);
    }
    return script + '\n';
}

std::string time_script(const work_findings& work) {
    if (!any_run(work)) return {};
    std::string script = canvas(work.work, 720, 300);
    script += bars;
    script += "set style histogram errorbars gap 1 lw 1\n"
              "set errorbars lc rgb '#333333'\n"
              "set ylabel 'seconds'\n"
              "set yrange [0:*]\n"
              "$data << END\n";
    for (const mode_findings& mode : work.modes) {
        if (mode.runs.empty()) continue;
        const auto walls = mode.walls();
        const auto [least, most] = std::ranges::minmax(walls);
        script +=
            fmt::format("\"{}\" {:.6g} {:.6g} {:.6g} {:.6g}\n", mode.mode, mode.wall_s(), least, most, mode.cpu_s());
    }
    script += "END\n"
              "plot $data using 2:3:4:xtic(1) title 'time (median, least to most)' lc rgb '#4477aa', "
              "$data using 5:5:5 title 'CPU time' lc rgb '#ee8866'\n";
    return script;
}

}  // namespace versus
