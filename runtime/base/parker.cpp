// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/parker.hpp>

#include <cerrno>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace coil {

namespace {
constexpr std::uint32_t idle = 0, kept = 1, asleep = 2;

long futex(std::atomic<std::uint32_t>& word, int op, std::uint32_t value, const timespec* deadline) noexcept {
    return ::syscall(SYS_futex, &word, op | FUTEX_PRIVATE_FLAG, value, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
}
}  // namespace

// An exchange, never a load and a store: a second wake-up may replace the first one in between, and a store would wipe it
// out without having seen what its waker wrote.
bool parker::take() noexcept { return word_.exchange(idle, std::memory_order_acquire) == kept; }

bool parker::park(time_point deadline) noexcept {
    // acquire pairs with the release in unpark: what the waker wrote before is seen after
    if (take()) return true;
    std::uint32_t expected = idle;
    if (!word_.compare_exchange_strong(expected, asleep, std::memory_order_acquire)) return take();
    timespec ts{};
    if (deadline != never) {
        const auto ns = deadline.time_since_epoch().count();
        ts.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
        ts.tv_nsec = static_cast<long>(ns % 1'000'000'000);
        if (ns < 0) ts = {};
    }
    for (;;) {
        const long r = futex(word_, FUTEX_WAIT_BITSET, asleep, deadline == never ? nullptr : &ts);
        // after a time-out too: a wake-up may come between it and the exchange, and counts
        if (word_.load(std::memory_order_relaxed) == kept || (r == -1 && errno == ETIMEDOUT)) return take();
    }
}

void parker::unpark() noexcept {
    if (word_.exchange(kept, std::memory_order_release) == asleep) futex(word_, FUTEX_WAKE, 1, nullptr);
}

}  // namespace coil
