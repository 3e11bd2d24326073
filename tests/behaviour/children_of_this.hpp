// SPDX-License-Identifier: BSL-1.0
// What bad days with processes ask of the system: who is left of this process's children, and what is open.
#pragma once
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/coro/task.hpp>

#include <sys/wait.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>

namespace bad_day {

// Neither alive nor a zombie; takes nobody's status.
inline bool has_no_children() {
    siginfo_t unused;
    return ::waitid(P_ALL, 0, &unused, WEXITED | WNOWAIT | WNOHANG) != 0 && errno == ECHILD;
}

inline bool group_is_gone(int group) {
    return ::kill(-group, 0) != 0 && errno == ESRCH;
}

inline long open_descriptors() {
    using list = std::filesystem::directory_iterator;
    return std::distance(list("/proc/self/fd"), list());
}

// What was killed ends in its own time; a hang ends by the watchdog.
template <class F>
coil::task<> until(F truth) {
    while (!truth())
        co_await coil::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace bad_day
