// SPDX-License-Identifier: BSL-1.0
#include "measure/usage.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>
#include <string>

namespace versus {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void add(usage& sum, int who) {
    rusage used{};
    ::getrusage(who, &used);
    sum.user_s += seconds(used.ru_utime);
    sum.system_s += seconds(used.ru_stime);
    sum.voluntary_switches += used.ru_nvcsw;
    sum.involuntary_switches += used.ru_nivcsw;
}

double queued_seconds() {
    double on_core_ns = 0;
    double queued_ns = 0;
    std::ifstream("/proc/thread-self/schedstat") >> on_core_ns >> queued_ns;
    return queued_ns * 1e-9;
}

}  // namespace

usage usage::now() {
    usage sum;
    add(sum, RUSAGE_SELF);
    add(sum, RUSAGE_CHILDREN);
    sum.queued_s = queued_seconds();
    return sum;
}

usage operator-(const usage& later, const usage& earlier) {
    return {later.user_s - earlier.user_s, later.system_s - earlier.system_s, later.queued_s - earlier.queued_s,
            later.voluntary_switches - earlier.voluntary_switches,
            later.involuntary_switches - earlier.involuntary_switches};
}

bool restart_peak_memory() {
    ::malloc_trim(0);
    std::ofstream control("/proc/self/clear_refs");
    control << 5 << std::flush;
    return control.good();
}

long peak_memory_kib() {
    // Not ru_maxrss: that begins, over fork and exec, with the peak of the process that started this one.
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            long kib = 0;
            std::istringstream(line.substr(6)) >> kib;
            return kib;
        }
    }
    return 0;
}

}  // namespace versus
