// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/clone.hpp>

#include <cstddef>

namespace coil::process {

// Of a set of signals, as the kernel counts them.
inline constexpr std::size_t signal_bytes = 8;

inline constexpr std::uint64_t unknown_signals = ~std::uint64_t{0};

// What parent and child share while the child has no program of its own.
struct launching {
    const launch& what;
    int* moved;        // room for one number per descriptor
    int parent;        // its pid
    bool joins_cgroup;   // by itself, since it was not born there
    bool has_handlers;   // signals the parent handles are handled in the child still
    std::uint64_t ignored = unknown_signals;  // by the parent: bit n - 1 is signal n
    // Written by the child before it ends, read by the parent afterwards: the kernel orders that.
    int error = 0;
    launch_stage failed = launch_stage::none;
};

// Is the child from its first instruction to its program. Runs in the parent's memory on a stack of its own: it makes
// system calls, and writes nowhere but there and to what it was given.
int child_main(void* of_launching) noexcept;

}  // namespace coil::process
