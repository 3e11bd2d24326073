// SPDX-License-Identifier: BSL-1.0
#include "measure/figures.hpp"

#include <nlohmann/json.hpp>

namespace versus {

std::string encode(const run_report& report) {
    const run_figures& f = report.figures;
    const nlohmann::json json{
        {"wall_s", f.wall_s},
        {"user_s", f.user_s},
        {"system_s", f.system_s},
        {"queued_s", f.queued_s},
        {"peak_kib", f.peak_kib},
        {"voluntary_switches", f.voluntary_switches},
        {"involuntary_switches", f.involuntary_switches},
        {"items", report.items},
        {"digest", report.digest},
        {"error", report.error},
    };
    // An error may quote a file name that is no UTF-8.
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

run_report decode_run_report(const std::string& text) {
    const auto json = nlohmann::json::parse(text);
    run_report report;
    run_figures& f = report.figures;
    json.at("wall_s").get_to(f.wall_s);
    json.at("user_s").get_to(f.user_s);
    json.at("system_s").get_to(f.system_s);
    json.at("queued_s").get_to(f.queued_s);
    json.at("peak_kib").get_to(f.peak_kib);
    json.at("voluntary_switches").get_to(f.voluntary_switches);
    json.at("involuntary_switches").get_to(f.involuntary_switches);
    json.at("items").get_to(report.items);
    json.at("digest").get_to(report.digest);
    json.at("error").get_to(report.error);
    return report;
}

}  // namespace versus
