// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/parker.hpp>

namespace coil {

namespace {
constexpr std::uint32_t idle = 0, kept = 1, asleep = 2;
}  // namespace

// An exchange, never a load and a store: a second wake-up may replace the first one in between, and a store would wipe it
// out without having seen what its waker wrote.
bool parker::take() noexcept { return word_.exchange(idle, std::memory_order_acquire) == kept; }

bool parker::park(time_point deadline) noexcept {
    // the acquire in take pairs with the release in unpark: what the waker wrote before is seen after
    if (take()) return true;
    std::uint32_t expected = idle;
    if (!word_.compare_exchange_strong(expected, asleep, std::memory_order_relaxed)) return take();
    for (;;) {
        const futex::woken how = futex::wait(word_, asleep, deadline, futex::reach::process);
        // after a time-out too: a wake-up may come between it and the exchange, and counts
        if (word_.load(std::memory_order_relaxed) == kept || how == futex::woken::late) return take();
    }
}

void parker::unpark() noexcept {
    if (word_.exchange(kept, std::memory_order_release) == asleep) futex::wake(word_, 1, futex::reach::process);
}

}  // namespace coil
