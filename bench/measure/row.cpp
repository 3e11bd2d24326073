// SPDX-License-Identifier: BSL-1.0
#include "row.hpp"

#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "allocations.hpp"

namespace measure {

namespace {
double read(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
}  // namespace

std::vector<row>& rows() {
    static std::vector<row> all;
    return all;
}

// The wall clock is read last here and first in stop(), so that the other readings lie outside of it.
window::window()
    : allocations_(static_cast<double>(allocations())),
      cpu_(read(CLOCK_PROCESS_CPUTIME_ID)),
      wall_(read(CLOCK_MONOTONIC)) {}

result window::stop(double operations) const {
    result r;
    r.seconds = read(CLOCK_MONOTONIC) - wall_;
    r.cpu_seconds = read(CLOCK_PROCESS_CPUTIME_ID) - cpu_;
    r.operations = operations;
    r.allocations = static_cast<double>(allocations()) - allocations_;
    return r;
}

void pin(unsigned core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) std::perror("pin");
}

double resident_bytes() {
    long all = 0;
    long resident = 0;
    if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(f, "%ld %ld", &all, &resident) != 2) resident = 0;
        std::fclose(f);
    }
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace measure
