// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace boost::context::detail {
struct transfer_t;
}

namespace coil {

class fiber_core;

// The code at the bottom of a stack. It has no name in the frames that the sanitizers keep, because it outlives them.
class fiber_life {
public:
#if defined(__clang__)
    [[clang::no_sanitize("address", "thread")]]
#else
    [[gnu::no_sanitize_address, gnu::no_sanitize_thread]]
#endif
    [[noreturn]] static void run(boost::context::detail::transfer_t from) noexcept;
};

}  // namespace coil
