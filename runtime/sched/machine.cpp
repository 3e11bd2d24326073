// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/machine.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <thread>

namespace coil::machine {

namespace {

unsigned by_affinity() noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
        const int n = CPU_COUNT(&set);
        if (n > 0) return static_cast<unsigned>(n);
    }
    return std::max(1u, std::thread::hardware_concurrency());  // more than 1,024 processors
}

// cgroup v2: "max 100000" or "quota period" in every cpu.max from our group up to the root
unsigned quota_at(const std::string& group) {
    std::ifstream in("/sys/fs/cgroup" + group + "/cpu.max");
    std::string quota;
    double period = 0;
    if (!(in >> quota >> period) || quota == "max" || period <= 0) return ~0u;
    const double cores = std::strtod(quota.c_str(), nullptr) / period;
    return cores <= 0 ? ~0u : static_cast<unsigned>(cores + 0.999);
}

unsigned by_cgroup() {
    std::ifstream in("/proc/self/cgroup");
    std::string line, group;
    while (std::getline(in, line))
        if (line.starts_with("0::")) group = line.substr(3);
    unsigned least = quota_at(group == "/" ? "" : group);
    while (!group.empty() && group != "/") {
        group.erase(group.rfind('/'));
        least = std::min(least, quota_at(group));
    }
    return std::max(1u, least);
}

}  // namespace

unsigned concurrency() noexcept {
    static const unsigned quota = [] {
        try {
            return by_cgroup();
        } catch (...) {
            return ~0u;  // unreadable: no limit known
        }
    }();
    return std::min(by_affinity(), quota);
}

void become_thread(const std::string& name) noexcept {
    char short_name[16];
    std::snprintf(short_name, sizeof short_name, "%s", name.c_str());
    ::pthread_setname_np(::pthread_self(), short_name);
    sigset_t all;
    ::sigfillset(&all);
    for (int synchronous : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) ::sigdelset(&all, synchronous);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace coil::machine
