// SPDX-License-Identifier: BSL-1.0
#include "report/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "modes/mode.hpp"
#include "report/quantity.hpp"
#include "report/statistics.hpp"

namespace versus {
namespace {

// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
        text += names[i];
    }
    return text;
}

std::vector<std::string> names_of(const std::vector<const mode_findings*>& modes) {
    std::vector<std::string> names;
    for (const mode_findings* mode : modes)
        names.push_back(mode->mode);
    return names;
}

std::string nature_text(const judgement& judged) {
    const std::string busy =
        fmt::format("one after another, the processor is busy {} of the time", percent_text(judged.busy));
    switch (judged.nature) {
    case character::waits:
        return fmt::format("waits: {}.", busy);
    case character::computes:
        return fmt::format("computes: {}.", busy);
    case character::both:
        return fmt::format("both waits and computes: {}.", busy);
    case character::unknown:
        break;
    }
    return "was not run one after another, so nothing can be said about gains.";
}

double speed_up(const work_findings& work, const mode_findings& mode) {
    const mode_findings* sequential = work.find("sequential");
    return sequential == nullptr ? 0 : ratios(sequential->walls(), mode.walls()).median;
}

bool includes_sequential(const judgement& judged) {
    return std::ranges::any_of(judged.fastest, [](const mode_findings* mode) { return mode->mode == "sequential"; });
}

std::string cost_text(const mode_findings& mode) {
    return fmt::format("{} of CPU time, {}", time_text(mode.cpu_s()), memory_text(mode.peak_kib()));
}

// Who won, by how much, and which of the winners costs least.
std::string winners_text(const work_findings& work, const judgement& judged) {
    if (judged.nature == character::unknown) return {};
    if (judged.fastest.size() == 1 && work.modes.size() == 1) return {};
    if (includes_sequential(judged)) {
        return " Nothing is measurably faster than doing one after the other.";
    }
    const mode_findings& first = *judged.fastest.front();
    const std::string gain = ratio_text(speed_up(work, first));
    if (judged.fastest.size() == 1) {
        return fmt::format(" {} is fastest: {} the sequential speed ({}).", first.mode, gain, cost_text(first));
    }
    return fmt::format(" {} are fastest, too close to each other to tell apart: about {} the sequential speed. "
                       "Of these {} is the simplest that costs least, CPU time and memory taken together ({}).",
                       listed(names_of(judged.fastest)), gain, judged.choice->mode, cost_text(*judged.choice));
}

std::string work_text(const work_findings& work, const judgement& judged) {
    if (judged.fastest.empty()) return fmt::format("{}: no run was completed.", work.work);
    if (judged.too_short) {
        return fmt::format("{}: all of it takes {} one after another, too little to judge by; give it more to do.",
                           work.work, time_text(work.find("sequential")->wall_s()));
    }
    if (judged.fastest.front()->runs.size() < 3) {
        return fmt::format("{} {} Fewer than three runs: who is fastest is not said.", work.work, nature_text(judged));
    }
    return fmt::format("{} {}{}", work.work, nature_text(judged), winners_text(work, judged));
}

struct judged_work {
    const work_findings* work;
    judgement judged;

    [[nodiscard]] bool tells() const {
        return judged.choice != nullptr && judged.nature != character::unknown && !judged.too_short &&
               judged.choice->runs.size() >= 3;
    }
};

// "what waits: loop", or mode by mode where the works of one nature disagree.
std::string advice_for(character nature, std::string_view what, const std::vector<judged_work>& all) {
    struct choice {
        std::string mode;
        std::vector<std::string> works;
    };
    std::vector<choice> choices;
    for (const judged_work& each : all) {
        if (!each.tells() || each.judged.nature != nature) continue;
        const std::string mode = includes_sequential(each.judged) ? "sequential" : each.judged.choice->mode;
        auto found = std::ranges::find(choices, mode, &choice::mode);
        if (found == choices.end()) found = choices.insert(choices.end(), {mode, {}});
        found->works.push_back(each.work->work);
    }
    if (choices.empty()) return {};
    std::vector<std::string> texts;
    for (const choice& each : choices) {
        texts.push_back(choices.size() == 1 ? each.mode : fmt::format("{} (for {})", each.mode, listed(each.works)));
    }
    return fmt::format("{}: {}", what, listed(texts));
}

std::string advice(const std::vector<judged_work>& all) {
    std::vector<std::string> parts;
    for (const std::string& part : {advice_for(character::waits, "for work that waits", all),
                                    advice_for(character::computes, "for work that computes", all),
                                    advice_for(character::both, "for work that does both", all)}) {
        if (!part.empty()) parts.push_back(part);
    }
    if (parts.empty()) return {};
    std::string text = "On this machine use, ";
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : "; ") + parts[i];
    return text + ".";
}

// The best gain of the modes that satisfy `counts`, over the works of one nature.
template <class Counts>
std::string best_gain(character nature, std::string_view what, const std::vector<judged_work>& all, Counts counts) {
    double best = 0;
    std::string text;
    for (const judged_work& each : all) {
        if (!each.tells() || each.judged.nature != nature) continue;
        for (const mode_findings& mode : each.work->modes) {
            if (!counts(mode) || mode.runs.empty()) continue;
            const double gain = speed_up(*each.work, mode);
            if (gain <= best) continue;
            best = gain;
            text = fmt::format("{}: at most {} the sequential speed ({}, {}).", what, ratio_text(gain), each.work->work,
                               mode.mode);
        }
    }
    return text;
}

// Other programs at work make every figure here less sure.
std::string disturbance(const std::vector<judged_work>& all) {
    constexpr double notable = 0.1;
    double most = 0;
    for (const judged_work& each : all)
        most = std::max(most, each.judged.queued);
    if (most < notable) return {};
    return fmt::format("Something else was using the processor: for up to {} of its time sequential work stood in line "
                       "for a core. On a quiet machine the figures would be surer.",
                       percent_text(most));
}

// How many cores a mode had at the same time, on average.
double cores_had(const mode_findings& mode) {
    return mode.wall_s() > 0 ? mode.cpu_s() / mode.wall_s() : 0;
}

// Says so where no mode got hold of the cores there are, so that a small gain is not taken for what the cores can give.
std::string cores_missing(const findings& found, const std::vector<judged_work>& all) {
    constexpr double nearly_all = 0.75;
    double most = 0;
    for (const judged_work& each : all) {
        if (!each.tells() || each.judged.nature != character::computes) continue;
        for (const mode_findings& mode : each.work->modes) {
            if (!is_on_one_thread(mode.mode)) most = std::max(most, cores_had(mode));
        }
    }
    if (most == 0 || most >= nearly_all * static_cast<double>(found.machine.cores)) return {};
    return fmt::format("Of the {} cores no mode that computes got more than {:.1f} at a time: the others were taken by "
                       "something else or forbidden, so more cores can buy more than is seen here.",
                       found.machine.cores, most);
}

std::vector<std::string> gains(const findings& found, const std::vector<judged_work>& all) {
    const auto concurrent = [](const mode_findings& mode) { return mode.mode != "sequential"; };
    const auto on_one_thread = [](const mode_findings& mode) {
        return mode.mode != "sequential" && is_on_one_thread(mode.mode);
    };
    std::vector<std::string> texts{
        best_gain(character::waits, "What waiting for many things at once buys here", all, concurrent),
        best_gain(character::computes,
                  fmt::format("What computing on {} core{} buys here", found.machine.cores,
                              found.machine.cores == 1 ? "" : "s"),
                  all, concurrent),
        best_gain(character::computes, "What many tasks on one thread buy for work that computes", all, on_one_thread),
        best_gain(character::both, "What both together buy for work that does both", all, concurrent),
    };
    std::erase(texts, "");
    return texts;
}

}  // namespace

std::vector<std::string> verdict_of(const findings& found) {
    std::vector<judged_work> all;
    for (const work_findings& work : found.works)
        all.push_back({&work, judge(work)});

    std::vector<std::string> lines;
    for (const judged_work& each : all)
        lines.push_back(work_text(*each.work, each.judged));
    for (std::string& gain : gains(found, all))
        lines.push_back(std::move(gain));
    if (std::string text = advice(all); !text.empty()) lines.push_back(std::move(text));
    for (std::string text : {disturbance(all), cores_missing(found, all)}) {
        if (!text.empty()) lines.push_back(std::move(text));
    }
    if (!found.partial.empty()) lines.push_back("This report is not complete: " + found.partial + ".");
    return lines;
}

}  // namespace versus
