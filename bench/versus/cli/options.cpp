// SPDX-License-Identifier: BSL-1.0
#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/help.hpp"
#include "modes/mode.hpp"
#include "work/catalog.hpp"

namespace versus {
namespace {

constexpr double full_seconds = 120;
constexpr double quick_seconds = 20;
constexpr std::size_t full_runs = 5;
constexpr std::size_t quick_runs = 3;
constexpr int bad_command_line = 2;

// The chosen names in the order of the catalog; all of them where none was chosen.
std::vector<std::string> chosen(const std::vector<std::string>& names, auto catalog, const char* option) {
    const auto known = [&](const std::string& name) {
        return std::ranges::any_of(catalog, [&](const auto& entry) { return entry.name == name; });
    };
    for (const std::string& name : names) {
        if (known(name)) continue;
        std::string all;
        for (const auto& entry : catalog)
            all += fmt::format("{}{}", all.empty() ? "" : ", ", entry.name);
        throw CLI::ValidationError(option, fmt::format("there is no \"{}\"; there are {}", name, all));
    }
    std::vector<std::string> result;
    for (const auto& entry : catalog) {
        if (names.empty() || std::ranges::find(names, entry.name) != names.end()) result.emplace_back(entry.name);
    }
    return result;
}

}  // namespace

std::variant<options, text_only> parse_options(const std::vector<std::string>& args) {
    CLI::App app(help_begin(), "versus");
    options asked;
    std::vector<std::string> works;
    std::vector<std::string> modes;
    std::size_t requests = 0;
    bool quick = false;

    app.add_option("--dir", asked.dir, "Read the files below this directory")->type_name("DIR")->capture_default_str();
    auto* quick_option = app.add_flag(
        "--quick", quick, fmt::format("End within {:g} seconds instead of {:g}", quick_seconds, full_seconds));
    app.add_option("--seconds", asked.seconds, "End within this time")
        ->type_name("N")
        ->check(CLI::Range(5.0, 86400.0))
        ->excludes(quick_option);
    app.add_option("--only", works, "Measure only these works")->type_name("WORK,...")->delimiter(',');
    app.add_option("--modes", modes, "Measure only these modes")->type_name("MODE,...")->delimiter(',');
    auto* runs_option = app.add_option("--runs", asked.runs,
                                       fmt::format("Runs of each mode [{}, with --quick {}, fewer if time is short]",
                                                   full_runs, quick_runs))
                            ->type_name("N")
                            ->check(CLI::Range(1, 1000));
    auto* requests_option = app.add_option("--requests", requests, "Requests of io-http [as many as time allows]")
                                ->type_name("N")
                                ->check(CLI::Range(1, 1'000'000));
    app.add_option("--in-flight", asked.in_flight, "Items that wait at once, at most")
        ->type_name("N")
        ->check(CLI::Range(1, 900))
        ->capture_default_str();
    app.add_flag("--warm", asked.warm,
                 "Leave the files of io-files in memory instead of making the kernel forget them");
    app.add_option("--json", asked.json, "Write the report as JSON to this file")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--html", asked.html, "Write the report as a page to this file")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_flag("--list", asked.list, "Print the works and the modes, and end");
    app.set_help_flag("--help,-h", "Print this text, and end");
    app.footer(help_end());

    // CLI11 takes a vector's last element first.
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    try {
        app.parse(std::move(reversed));
        asked.works = chosen(works, all_work(), "--only");
        asked.modes = chosen(modes, all_modes(), "--modes");
    } catch (const CLI::CallForHelp&) {
        return text_only{app.help(), 0};
    } catch (const CLI::ParseError& error) {
        return text_only{fmt::format("versus: {}\nversus: --help says what there is\n", error.what()),
                         bad_command_line};
    }

    asked.runs_given = runs_option->count() > 0;
    if (!asked.runs_given) asked.runs = quick ? quick_runs : full_runs;
    if (quick) asked.seconds = quick_seconds;
    if (requests_option->count() > 0) asked.requests = requests;
    return asked;
}

}  // namespace versus
