// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/kernel_options.hpp>

#include <liburing.h>

namespace coil::ring {

// An io_uring, disabled, and the memory that it shares with the kernel.
class kernel_memory {
public:
    // Throws std::system_error that says what is missing and what to do about it.
    explicit kernel_memory(const kernel_options& options);
    ~kernel_memory();
    kernel_memory(const kernel_memory&) = delete;
    kernel_memory& operator=(const kernel_memory&) = delete;

    // In a forked child: private empty memory takes the place of the shared, and the descriptor is closed.
    void part_from_kernel() noexcept;

    io_uring uring{};
};

}  // namespace coil::ring
