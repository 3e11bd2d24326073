// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/futex.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

namespace coil::futex {

namespace {
static_assert(sizeof(word) == 4 && word::is_always_lock_free);

long call(const word& w, int op, reach r, std::uint32_t value, const timespec* deadline) noexcept {
    if (r == reach::process) op |= FUTEX_PRIVATE_FLAG;
    return ::syscall(SYS_futex, &w, op, value, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
}
}  // namespace

woken wait(const word& w, std::uint32_t value, time_point deadline, reach r) noexcept {
    const int before = errno;
    timespec ts{};
    if (deadline != never) {
        const auto ns = std::max<std::int64_t>(deadline.time_since_epoch().count(), 0);
        ts.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
        ts.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    }
    woken how = woken::yes;
    if (call(w, FUTEX_WAIT_BITSET, r, value, deadline == never ? nullptr : &ts) == -1) {
        if (errno == EAGAIN) how = woken::changed;
        else if (errno == ETIMEDOUT) how = woken::late;
    }
    errno = before;
    return how;
}

int wake(const word& w, int most, reach r) noexcept {
    const int before = errno;
    const long n = call(w, FUTEX_WAKE, r, static_cast<std::uint32_t>(most), nullptr);
    errno = before;
    return n < 0 ? 0 : static_cast<int>(n);
}

int wake_all(const word& w) noexcept {
    return wake(w, INT_MAX);
}

}  // namespace coil::futex
