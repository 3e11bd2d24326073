// SPDX-License-Identifier: BSL-1.0
// A flag over one bare futex word: what every side of a round trip waits on outside of the part that is compared.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace measure {

/// Passes one token from a thread to another that sleeps.
class futex_flag {
public:
    void set() {
        word_.store(1, std::memory_order_release);
        syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
    void wait() {
        while (word_.load(std::memory_order_acquire) == 0)
            syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
        word_.store(0, std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint32_t> word_{0};
};

}  // namespace measure
