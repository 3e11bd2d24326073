// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/features.hpp>

#include <csignal>
#include <cstddef>

namespace coil::ring {

/// Is the call by which a kernel ring enters the kernel, with io_uring_enter2's arguments and result.
using enter_function = int (*)(unsigned fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                               sigset_t* argument, std::size_t size);

/// Chooses the size of a kernel ring and what it may use.
struct kernel_options {
    unsigned submission_entries = 256;   ///< rounded up to a power of two
    unsigned completion_entries = 4096;  ///< likewise; more completions than that cost time only
    features hide{};                     ///< not used although the kernel has it; COIL_RING_HIDE adds to it
    enter_function enter = nullptr;      ///< stands in for the system call, for tests
};

}  // namespace coil::ring
