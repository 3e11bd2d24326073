// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <optional>

#include "measure/campaign.hpp"
#include "measure/interruption.hpp"
#include "plan/file_list.hpp"
#include "plan/machine.hpp"
#include "plan/size.hpp"
#include "plan/time_share.hpp"
#include "report/quantity.hpp"
#include "report/report_files.hpp"
#include "report/table.hpp"
#include "report/verdict.hpp"

namespace versus {
namespace {

constexpr std::size_t most_listed_files = 200'000;

// What the reports need at the end, gnuplot above all.
double reserve_s(double seconds) {
    return std::clamp(0.07 * seconds, 1.4, 8.0);
}

bool any_needs_files(const options& asked) {
    return std::ranges::any_of(asked.works, [](const std::string& name) { return find_work(name)->needs_files; });
}

class session {
public:
    explicit session(const options& asked) : asked_(asked) {
        found_.machine = this_machine();
        found_.started = fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
    }

    int run();

private:
    void prepare();
    void list_directory();
    void measure_all();
    void measure_one(const std::string& name, double seconds);
    void measure(work_findings& into, const work_entry& entry, double seconds);
    void stop(server_process& server, work_findings& into);
    void fail(work_findings& into, const std::string& why);
    void note(const std::string& text);
    int report(int status);

    options asked_;
    progress tell_;
    findings found_;
    size_inputs inputs_;
};

void session::note(const std::string& text) {
    tell_.say(text);
    found_.notes.push_back(text);
}

void session::list_directory() {
    const file_list list =
        list_files(asked_.dir, most_listed_files, std::chrono::duration<double>(0.05 * asked_.seconds));
    inputs_.files = list.files;
    note(fmt::format("{}: {}{} files that can be read, {} of content", asked_.dir, list.cut ? "the first " : "",
                     count_text(list.files.size()), memory_text(static_cast<double>(list.bytes) / 1024)));
    if (list.unreadable > 0) {
        note(fmt::format("{} files or directories below it may not be read and are left out",
                         count_text(list.unreadable)));
    }
}

void session::prepare() {
    if (any_needs_files(asked_)) list_directory();
    inputs_.requests = asked_.requests;
    inputs_.warm = asked_.warm;
}

void session::fail(work_findings& into, const std::string& why) {
    if (!into.error.empty()) return;
    into.error = why;
    tell_.say(fmt::format("{} ends early: {}", into.work, why));
}

void session::measure(work_findings& into, const work_entry& entry, double seconds) {
    const double begin = tell_.seconds();
    tell_.say(fmt::format("{}: {}; trying how much of it fits", into.work, entry.title));
    campaign_plan plan;
    plan.modes = asked_.modes;
    plan.rounds = asked_.runs;
    plan.rounds_fixed = asked_.runs_given;
    plan.expected_s = sequential_time(entry.kind, asked_.modes, asked_.runs, found_.machine.cores, seconds);
    plan.share_until_s = begin + 1.1 * seconds;
    plan.all_until_s = asked_.seconds - reserve_s(asked_.seconds);

    const work_spec spec = choose_size(into.work, inputs_, plan.expected_s);
    into.description = describe(spec);
    tell_.say(fmt::format("{}: {}", into.work, into.description));
    measure_work(spec, {asked_.in_flight, found_.machine.cores}, plan, tell_, into);
}

void session::measure_one(const std::string& name, double seconds) {
    const work_entry& entry = *find_work(name);
    work_findings& into = found_.works.emplace_back();
    into.work = name;
    into.kind = entry.kind;
    into.title = entry.title;
    try {
        std::optional<server_process> server;
        if (entry.needs_server) inputs_.port = server.emplace().port();
        measure(into, entry, seconds);
        if (server) stop(*server, into);
    } catch (const interrupted&) {
        throw;
    } catch (const std::exception& error) {
        fail(into, error.what());
    }
}

void session::measure_all() {
    std::vector<std::string> remaining = asked_.works;
    while (!remaining.empty()) {
        const double left = asked_.seconds - reserve_s(asked_.seconds) - tell_.seconds();
        // Trying takes its part too, and a machine with other things to do takes more than was tried.
        const double seconds = std::max(0.1, 0.7 * left * share_of_first(remaining));
        measure_one(remaining.front(), seconds);
        remaining.erase(remaining.begin());
    }
}

// Tells how punctual the server was: whether it may have disturbed what was measured.
void session::stop(server_process& server, work_findings& into) {
    try {
        into.server = server.stop();
        note(fmt::format("{}: the server gave {} answers, late by {} at the median and {} at the 99th percentile",
                         into.work, count_text(into.server->answers), time_text(into.server->late_median_us * 1e-6),
                         time_text(into.server->late_p99_us * 1e-6)));
    } catch (const std::exception& error) {
        fail(into, error.what());
    }
}

int session::report(int status) {
    for (const work_findings& work : found_.works) {
        if (work.error.empty() || !found_.partial.empty()) continue;
        found_.partial = work.work + " ended early: " + work.error;
    }
    found_.seconds = tell_.seconds();
    const std::vector<std::string> verdict = verdict_of(found_);
    fmt::print("\n");
    for (const work_findings& work : found_.works)
        fmt::print("{}\n", plain_text(work));
    for (const std::string& line : verdict)
        fmt::print("{}\n", line);
    std::fflush(stdout);
    const bool written = write_reports(found_, verdict, asked_.json, asked_.html, tell_);
    if (status == 0 && (!found_.partial.empty() || !written)) status = 1;
    return status;
}

int session::run() {
    int status = 0;
    check_writable(asked_.json);
    check_writable(asked_.html);
    prepare();
    try {
        measure_all();
    } catch (const interrupted& error) {
        accept_interruption();
        found_.partial = error.what();
        tell_.say(error.what() + std::string("; what was measured until now is reported"));
        status = 128 + error.signal();
    }
    return report(status);
}

}  // namespace

int run_session(const options& asked) {
    return session(asked).run();
}

}  // namespace versus
