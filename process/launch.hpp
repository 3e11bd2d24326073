// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/child_settings.hpp>

#include <cstdint>
#include <span>

namespace coil::process {

using launch_limit = resource_limit;

/// Says what a child is to be. It points to the caller's memory, all of which lives, unchanged, until the child has its
/// program, or has ended.
/// Shape: lists of strings end with a null pointer. What is not named here is as a fresh process would want it: no signal
/// is blocked or ignored, and no descriptor is open but those of `descriptors`.
struct launch {
    const char* const* programs = nullptr;     // paths to try in turn, as a search of PATH does
    const char* const* arguments = nullptr;    // with the name in front
    const char* const* environment = nullptr;  // null: the parent's, as it is when the child is made
    std::span<const descriptor_move> descriptors{};
    const char* directory = nullptr;  // null: the parent's
    int umask = -1;
    const unsigned* user = nullptr;
    const unsigned* group = nullptr;
    const std::span<const unsigned>* groups = nullptr;  // supplementary; null: none if the user changes
    bool new_session = false;
    int process_group = -1;             // 0: its own, else one to join; -1: the parent's
    int controlling_terminal = -1;      // a descriptor, by the child's number, for a new session
    bool keep_ignored_signals = false;  // what nohup(1) relies on
    std::span<const launch_limit> limits{};
    int nice = 0;                           // added to the parent's
    std::span<const unsigned long> processors{};  // a mask; empty: the parent's
    int death_signal = 0;                   // when the thread that makes the child ends
    int cgroup = -1;                        // a descriptor of its directory
};

/// Names what failed while a child was made.
enum class launch_stage : std::uint8_t {
    none,
    clone,
    session,
    cgroup,
    descriptors,
    priority,
    affinity,
    limits,
    identity,
    directory,
    terminal_of_session,
    death_signal,
    program,
    interpreter,  // of a program that is there
};

/// Is a child that runs its program, or why there is none.
struct launched {
    int pid = -1;
    int pidfd = -1;  // the caller's to close
    int error = 0;   // errno
    launch_stage failed = launch_stage::none;
};

}  // namespace coil::process
