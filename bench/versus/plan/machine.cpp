// SPDX-License-Identifier: BSL-1.0
#include "plan/machine.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace versus {
namespace {

std::string processor() {
    std::ifstream facts("/proc/cpuinfo");
    for (std::string line; std::getline(facts, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown processor";
}

std::string kernel() {
    utsname name{};
    if (::uname(&name) != 0) return "unknown kernel";
    return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

constexpr const char* compiler =
#if defined(__clang__)
    "clang " __clang_version__;
#else
    "g++ " __VERSION__;
#endif

}  // namespace

machine_facts this_machine() {
    return {std::max<std::size_t>(1, std::thread::hardware_concurrency()), processor(), kernel(), compiler};
}

}  // namespace versus
