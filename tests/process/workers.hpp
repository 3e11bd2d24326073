// SPDX-License-Identifier: BSL-1.0
// What tests of workers share: what is open, whether a process lives, and patience that ends a hang only.
#pragma once
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/coro/task.hpp>

#include <chrono>
#include <unistd.h>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace workers {

inline std::size_t open_descriptors() {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
    return n;
}

// Alive, and not a zombie.
inline bool lives(int pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    const auto at = text.rfind(')');
    return at != std::string::npos && at + 2 < text.size() && text[at + 2] != 'Z' && text[at + 2] != 'X';
}
// There is a trace of it: alive or a zombie.
inline bool exists(int pid) { return std::filesystem::exists("/proc/" + std::to_string(pid)); }

// Children of this process that have ended and that nobody has waited for.
inline std::size_t zombies() {
    std::size_t n = 0;
    const std::string us = std::to_string(::getpid());
    for (const auto& e : std::filesystem::directory_iterator("/proc")) {
        if (e.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream in(e.path() / "stat");
        std::string text;
        std::getline(in, text);  // which may have gone meanwhile
        const auto at = text.rfind(')');
        if (at == std::string::npos || text.size() < at + 4) continue;
        if (text[at + 2] == 'Z' && text.compare(at + 4, us.size() + 1, us + " ") == 0) ++n;
    }
    return n;
}

// The keeper takes the status of one that has ended soon, not at once; a minute is a hang.
inline bool no_zombies() {
    for (int i = 0; i < 12'000; ++i) {
        if (zombies() == 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

// Waits for what has to come; a minute is a hang.
template <class F>
coil::task<bool> comes(F condition) {
    for (int i = 0; i < 12'000; ++i) {
        if (condition()) co_return true;
        co_await coil::sleep_for(std::chrono::milliseconds(5));
    }
    co_return false;
}

}  // namespace workers
