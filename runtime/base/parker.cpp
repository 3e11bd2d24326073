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

bool parker::park(time_point deadline) noexcept {
    // acquire pairs with the release in unpark: what the waker wrote before is seen after
    if (word_.exchange(idle, std::memory_order_acquire) == kept) return true;
    std::uint32_t expected = idle;
    if (!word_.compare_exchange_strong(expected, asleep, std::memory_order_acquire)) {
        word_.store(idle, std::memory_order_relaxed);
        return true;
    }
    timespec ts{};
    if (deadline != never) {
        const auto ns = deadline.time_since_epoch().count();
        ts.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
        ts.tv_nsec = static_cast<long>(ns % 1'000'000'000);
        if (ns < 0) ts = {};
    }
    for (;;) {
        const long r = futex(word_, FUTEX_WAIT_BITSET, asleep, deadline == never ? nullptr : &ts);
        if (word_.load(std::memory_order_acquire) == kept) {
            word_.store(idle, std::memory_order_relaxed);
            return true;
        }
        if (r == -1 && errno == ETIMEDOUT) {
            // a wake-up may come between the time-out and this exchange: it counts
            return word_.exchange(idle, std::memory_order_acquire) == kept;
        }
    }
}

void parker::unpark() noexcept {
    if (word_.exchange(kept, std::memory_order_release) == asleep) futex(word_, FUTEX_WAKE, 1, nullptr);
}

}  // namespace coil
