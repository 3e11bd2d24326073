// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace coil::ring {

// Tells an epoll side whether a number still means the file that it meant before: the kernel drops a closed file from
// epoll without a word, and gives its number to the next. A number is odd while a `descriptor` owns it, another odd one
// for each owner, and even while nobody is known to: then only the kernel can be asked.
// Threads: any; one number by one thread at a time, as it is owned.
// Cost: a load while no side asks.
struct descriptor_numbers {
    // From here on owners are counted; those from before stay unknown.
    static void begin_counting() noexcept;
    static void owned(int fd) noexcept;
    // Before the number is closed or given away: another thread may get it at once.
    static void disowned(int fd) noexcept;
    static std::uint32_t owner(int fd) noexcept;
    static bool known(std::uint32_t owner) noexcept { return (owner & 1) != 0; }
};

}  // namespace coil::ring
