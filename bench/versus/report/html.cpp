// SPDX-License-Identifier: BSL-1.0
#include "report/html.hpp"

#include <fmt/format.h>

#include <exception>
#include <string_view>

#include "report/chart.hpp"
#include "report/html_text.hpp"
#include "report/table.hpp"

namespace versus {
namespace {

constexpr std::string_view style = R"(
body { font: 15px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums }
th:first-child, td:first-child { text-align: left }
.partial { background: #fff3cd; border: 1px solid #e0b400; padding: .6rem 1rem }
.quiet { color: #666 }
svg { max-width: 100%; height: auto }
)";

std::string list_of(const std::vector<std::string>& lines) {
    std::string html = "<ul>\n";
    for (const std::string& line : lines)
        html += "<li>" + html_text(line) + "</li>\n";
    return html + "</ul>\n";
}

std::string row_of(const std::vector<std::string>& cells, std::string_view tag) {
    std::string html = "<tr>";
    for (const std::string& cell : cells)
        html += fmt::format("<{0}>{1}</{0}>", tag, html_text(cell));
    return html + "</tr>\n";
}

std::string table_html(const work_findings& work) {
    const table cells = table_of(work);
    if (cells.rows.empty()) return {};
    std::string html = "<table>\n" + row_of(cells.head, "th");
    for (const auto& row : cells.rows)
        html += row_of(row, "td");
    return html + "</table>\n";
}

std::string section(const work_findings& work, const std::string& chart) {
    std::string html = fmt::format("<h2>{}: {}</h2>\n<p>{}: {}.</p>\n", html_text(work.work), html_text(work.title),
                                   html_text(name_of(work.kind)), html_text(work.description));
    if (!work.error.empty()) html += "<p class=\"partial\">Ended early: " + html_text(work.error) + "</p>\n";
    return html + table_html(work) + chart + "\n";
}

constexpr std::string_view legend =
    "<p class=\"quiet\">Times are medians over the runs; every run has a process of its own, and the modes take turns. "
    "Speed-up is the median of the ratios within each turn. CPU time, user and system, and context switches include "
    "all threads and worker processes. Peak memory is resident memory; with several processes it is the sum of their "
    "peaks, so pages that they share count in each. Forced switches are those at which the kernel took the core "
    "away.</p>\n";

}  // namespace

drawn_charts draw_charts(const findings& found) {
    drawn_charts charts;
    try {
        const auto drawn = [](const std::string& script, const std::string& name) {
            return script.empty() ? std::string() : with_own_ids(draw(script), name + '-');
        };
        charts.speed_up = drawn(speed_up_script(found), "all");
        for (const work_findings& work : found.works)
            charts.works.push_back(drawn(time_script(work), work.work));
    } catch (const std::exception& error) {
        charts = {};
        charts.missing = error.what();
    }
    charts.works.resize(found.works.size());
    return charts;
}

std::string html_report(const findings& found, const std::vector<std::string>& verdict, const drawn_charts& charts) {
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>versus</title>\n<style>";
    html += style;
    html += "</style>\n</head>\n<body>\n<h1>versus</h1>\n";
    html +=
        fmt::format("<p class=\"quiet\">{}, {} core{}, {}, {}; {}, {:.0f} s</p>\n", html_text(found.machine.processor),
                    found.machine.cores, found.machine.cores == 1 ? "" : "s", html_text(found.machine.kernel),
                    html_text(found.machine.compiler), html_text(found.started), found.seconds);
    if (!found.partial.empty()) {
        html += "<p class=\"partial\">Not complete: " + html_text(found.partial) + "</p>\n";
    }
    html += "<h2>Verdict</h2>\n" + list_of(verdict) + charts.speed_up + "\n";
    if (!charts.missing.empty()) {
        html += "<p class=\"partial\">There are no charts: " + html_text(charts.missing) + "</p>\n";
    }
    for (std::size_t i = 0; i < found.works.size(); ++i)
        html += section(found.works[i], charts.works.at(i));
    if (!found.notes.empty()) html += "<h2>Notes</h2>\n" + list_of(found.notes);
    html += "<h2>How to read this</h2>\n";
    html += legend;
    return html + "</body>\n</html>\n";
}

}  // namespace versus
