// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/launch.hpp>

#include <cstddef>
#include <cstdint>

namespace coil::process {

// Of a set of signals, as the kernel counts them.
inline constexpr std::size_t signal_bytes = 8;

// A span whose parts the child reads itself: a call of the library's may be instrumented.
template <class T>
struct plain_list {
    const T* first = nullptr;
    std::size_t count = 0;
};

// What parent and child share while the child has no program of its own.
struct launching {
    const launch* what = nullptr;
    const char* const* environment = nullptr;
    plain_list<descriptor_move> descriptors{};
    plain_list<launch_limit> limits{};
    plain_list<unsigned long> processors{};
    plain_list<unsigned> groups{};
    int* moved = nullptr;       // room for one number per descriptor
    int parent = 0;             // its pid
    bool joins_cgroup = false;  // by itself, since it was not born there
    bool has_handlers = false;  // signals the parent handles are handled in the child still
    // Written by the child before it ends, read by the parent afterwards: the kernel orders that.
    int error = 0;
    launch_stage failed = launch_stage::none;
};

// Is the child from its first instruction to its program. Runs in the parent's memory on a stack of its own, beside the
// parent's thread, whose thread-local storage it sees: it makes system calls, and writes nowhere but there and to what it
// was given.
int child_main(void* of_launching) noexcept;

}  // namespace coil::process
