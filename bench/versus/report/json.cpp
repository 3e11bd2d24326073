// SPDX-License-Identifier: BSL-1.0
#include "report/json.hpp"

#include <nlohmann/json.hpp>

#include "report/statistics.hpp"

namespace versus {
namespace {

using json = nlohmann::ordered_json;

json to_json(const run_figures& run) {
    return {
        {"wall_s", run.wall_s},
        {"user_s", run.user_s},
        {"system_s", run.system_s},
        {"queued_s", run.queued_s},
        {"peak_kib", run.peak_kib},
        {"voluntary_switches", run.voluntary_switches},
        {"involuntary_switches", run.involuntary_switches},
    };
}

json to_json(const work_findings& work, const mode_findings& mode) {
    json out{
        {"mode", mode.mode},
        {"at_once", mode.width},
        {"median",
         {
             {"wall_s", mode.wall_s()},
             {"cpu_s", mode.cpu_s()},
             {"peak_kib", mode.peak_kib()},
             {"switches", mode.switches()},
             {"involuntary_switches", mode.involuntary_switches()},
         }},
        {"speed_up", nullptr},
        {"runs", json::array()},
    };
    if (const mode_findings* sequential = work.find("sequential"); sequential != nullptr && !mode.runs.empty()) {
        const paired_ratio ratio = ratios(sequential->walls(), mode.walls());
        out["speed_up"] = {{"median", ratio.median}, {"least", ratio.least}, {"most", ratio.most}};
    }
    for (const run_figures& run : mode.runs)
        out["runs"].push_back(to_json(run));
    return out;
}

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

json to_json(const work_findings& work) {
    json out{
        {"work", work.work},      {"kind", name_of(work.kind)},
        {"title", work.title},    {"description", work.description},
        {"items", work.items},    {"digest", text_or_null(work.digest)},
        {"server", nullptr},      {"error", text_or_null(work.error)},
        {"modes", json::array()},
    };
    if (work.server) {
        out["server"] = {{"answers", work.server->answers},
                         {"late_median_us", work.server->late_median_us},
                         {"late_p99_us", work.server->late_p99_us}};
    }
    for (const mode_findings& mode : work.modes)
        out["modes"].push_back(to_json(work, mode));
    return out;
}

}  // namespace

std::string json_report(const findings& found, const std::vector<std::string>& verdict) {
    json out{
        {"program", "versus"},
        {"format", 1},
        {"started", found.started},
        {"seconds", found.seconds},
        {"partial", !found.partial.empty()},
        {"partial_because", text_or_null(found.partial)},
        {"machine",
         {
             {"cores", found.machine.cores},
             {"processor", found.machine.processor},
             {"kernel", found.machine.kernel},
             {"compiler", found.machine.compiler},
         }},
        {"works", json::array()},
        {"verdict", verdict},
        {"notes", found.notes},
    };
    for (const work_findings& work : found.works)
        out["works"].push_back(to_json(work));
    return out.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace versus
