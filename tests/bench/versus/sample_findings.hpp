// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "report/findings.hpp"

// Findings made up for tests: as many rounds as there are times.
namespace sample {

inline versus::mode_findings mode(std::string name, const std::vector<double>& walls, double cpu_s,
                                  long peak_kib = 8192) {
    versus::mode_findings made{std::move(name), 2, {}};
    for (const double wall : walls) {
        versus::run_figures run;
        run.wall_s = wall;
        run.user_s = cpu_s * 0.75;
        run.system_s = cpu_s * 0.25;
        run.peak_kib = peak_kib;
        run.voluntary_switches = 1000;
        run.involuntary_switches = 234;
        made.runs.push_back(run);
    }
    return made;
}

inline versus::work_findings work(std::string name, std::vector<versus::mode_findings> modes) {
    versus::work_findings made;
    made.work = std::move(name);
    made.title = "a title";
    made.description = "so much of it";
    made.items = 7;
    made.digest = "0123456789abcdef";
    made.modes = std::move(modes);
    return made;
}

inline versus::findings all(std::vector<versus::work_findings> works) {
    versus::findings made;
    made.machine = {2, "a processor", "a kernel", "a compiler"};
    made.started = "2026-01-02 03:04:05";
    made.seconds = 61;
    made.works = std::move(works);
    return made;
}

// Waits: the loop is as fast as the threads, for less.
inline versus::work_findings waiting() {
    return work("io-http", {mode("sequential", {3, 3.1, 3.2}, 0.04), mode("loop", {0.10, 0.10, 0.10}, 0.02),
                            mode("pool", {1.5, 1.5, 1.5}, 0.04), mode("threads", {0.099, 0.101, 0.10}, 0.06, 9000)});
}

// Computes: the pool wins.
inline versus::work_findings computing() {
    return work("cpu-primes", {mode("sequential", {1, 1.1, 0.9}, 1), mode("loop", {1, 1.1, 0.9}, 1),
                               mode("pool", {0.5, 0.55, 0.45}, 1), mode("threads", {0.6, 0.66, 0.54}, 1.1)});
}

}  // namespace sample
