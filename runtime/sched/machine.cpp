// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/machine.hpp>

#include <pthread.h>
#include <sched.h>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
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

constexpr unsigned unlimited = ~0u;

// "max 100000", or quota and period in microseconds
unsigned quota_in(const std::string& file) {
    std::ifstream in(file);
    std::string quota;
    double period = 0;
    if (!(in >> quota >> period) || period <= 0) return unlimited;
    const double cores = std::ceil(std::strtod(quota.c_str(), nullptr) / period);
    return cores >= 1 && cores < 1e6 ? static_cast<unsigned>(cores) : unlimited;  // "max" is no number: 0
}

}  // namespace

unsigned cpu_quota(const std::string& membership, const std::string& mount) {
    std::istringstream in(membership);
    std::string line, group;
    while (std::getline(in, line))
        if (line.starts_with("0::/")) group = line.substr(3);  // version 2
    unsigned least = quota_in(mount + "/cpu.max");
    for (; group.size() > 1; group.erase(group.rfind('/')))
        least = std::min(least, quota_in(mount + group + "/cpu.max"));
    return least;
}

unsigned concurrency() noexcept {
    static const unsigned quota = [] {
        try {
            std::ifstream in("/proc/self/cgroup");
            return cpu_quota(std::string(std::istreambuf_iterator<char>(in), {}), "/sys/fs/cgroup");
        } catch (...) {
            return unlimited;  // unreadable: no limit known
        }
    }();
    return std::min(by_affinity(), quota);
}

std::size_t threads() noexcept {
    try {
        std::size_t count = 0;
        for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
            std::ifstream in(thread.path() / "comm");
            std::string name;
            if (!(in >> name)) continue;  // it has just ended
            if (!name.starts_with("iou-")) ++count;
        }
        return count;
    } catch (...) {
        return 0;
    }
}

namespace {
std::atomic<int> resting{0};
}

std::size_t resting_threads() noexcept {
    return static_cast<std::size_t>(std::max(0, resting.load(std::memory_order_acquire)));
}

void count_resting_thread(int by) noexcept {
    resting.fetch_add(by, std::memory_order_acq_rel);
}

bool synchronous(int signal) noexcept {
    constexpr int all[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    return std::find(std::begin(all), std::end(all), signal) != std::end(all);
}

bool catches_signals(const std::string& mask, int besides) {
    std::uint64_t caught = 0;
    const char* const end = mask.data() + mask.size();
    if (const auto [at, error] = std::from_chars(mask.data(), end, caught, 16); error != std::errc() || at != end)
        throw std::invalid_argument("a mask of signals is a hexadecimal number, not \"" + mask + "\"");
    const auto kept_by_the_library = [](int signal) {  // to cancel threads, and to change all of their user ids
        return signal == 32 || signal == 33;
    };
    for (int signal = 1; signal < NSIG; ++signal) {
        if ((caught >> (signal - 1) & 1) == 0) continue;
        if (!synchronous(signal) && !kept_by_the_library(signal) && signal != besides) return true;
    }
    return false;
}

bool catches_signals(int besides) noexcept {
    try {
        std::ifstream in("/proc/self/status");
        for (std::string word; in >> word;)
            if (word == "SigCgt:" && in >> word) return catches_signals(word, besides);
    } catch (...) {
    }
    return true;
}

void become_thread(const std::string& name) noexcept {
    char short_name[16];
    std::snprintf(short_name, sizeof short_name, "%s", name.c_str());
    ::pthread_setname_np(::pthread_self(), short_name);
    sigset_t all;
    ::sigfillset(&all);
    for (int signal = 1; signal < NSIG; ++signal)
        if (synchronous(signal)) ::sigdelset(&all, signal);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace coil::machine
