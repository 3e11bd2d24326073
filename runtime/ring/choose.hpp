// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/ring.hpp>

#include <memory>

namespace coil::ring {

/// Makes the ring that this machine and the environment ask for: the kernel's, or the fallback where io_uring is missing,
/// forbidden or out of locked memory, which the log hook is told once per process.
/// The environment variable COIL_RING=kernel or COIL_RING=fallback decides instead.
/// Errors: another value of COIL_RING is `std::invalid_argument` that names it. With COIL_RING=kernel, and for want of
/// descriptors in any case, as the constructors.
/// Threads: any.
std::unique_ptr<ring> make_ring();

}  // namespace coil::ring
