// SPDX-License-Identifier: BSL-1.0
#include "measure/measured.hpp"

#include <unistd.h>

#include <chrono>
#include <exception>
#include <span>
#include <stdexcept>

#include "child/transfer.hpp"
#include "measure/figures.hpp"
#include "measure/job.hpp"
#include "measure/usage.hpp"
#include "modes/mode.hpp"
#include "work/sha256.hpp"

namespace versus {
namespace {

std::string digest_of(const std::vector<std::uint64_t>& results) {
    const sha256_value value = sha256(std::as_bytes(std::span(results)));
    return hex(std::span(value).first(8));
}

run_report measure(const job& todo) {
    const work_entry* entry = find_work(todo.spec.work);
    const mode_entry* mode = find_mode(todo.mode);
    if (entry == nullptr || mode == nullptr) throw std::runtime_error("a job of an unknown work or mode");
    const auto work = entry->make(todo.spec);
    work->prepare();
    restart_peak_memory();

    const usage before = usage::now();
    const auto begin = std::chrono::steady_clock::now();
    const mode_outcome outcome = mode->run(*work, todo.spec, todo.width);
    const auto end = std::chrono::steady_clock::now();
    const usage used = usage::now() - before;

    run_report report;
    report.figures = {std::chrono::duration<double>(end - begin).count(),
                      used.user_s,
                      used.system_s,
                      used.queued_s,
                      peak_memory_kib() + outcome.helpers_peak_kib,
                      used.voluntary_switches,
                      used.involuntary_switches};
    report.items = work->items();
    report.digest = digest_of(outcome.results);
    return report;
}

}  // namespace

int run_measured_job() {
    run_report report;
    try {
        report = measure(decode_job(read_rest(STDIN_FILENO, "the job")));
    } catch (const std::exception& error) {
        report.error = error.what();
    }
    write_all(STDOUT_FILENO, encode(report), "the report");
    return 0;
}

}  // namespace versus
