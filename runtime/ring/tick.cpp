// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/tick.hpp>

#include <algorithm>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace coil::ring {

namespace {

std::int64_t clock_count() noexcept {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

#if defined(__x86_64__)
bool counter_has_one_rate() noexcept {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;
}

// Counter and clock at one moment that is no later than any tick.
struct origin {
    bool counter_is_good = counter_has_one_rate();
    std::uint64_t count = __builtin_ia32_rdtsc();
    std::int64_t clock = clock_count();
};
const origin& start() noexcept {
    static const origin o;
    return o;
}

// Nanoseconds per count at this moment, in which the counter shows `count` and the clock `clock`. No pause to calibrate:
// the rate is that of the time since the origin.
double rate_now(const origin& first, std::uint64_t count, std::int64_t clock) noexcept {
    if (count <= first.count) return 0;
    return std::max(0.0, static_cast<double>(clock - first.clock) / static_cast<double>(count - first.count));
}
#endif

}  // namespace

tick read_tick() noexcept {
#if defined(__x86_64__)
    if (start().counter_is_good) [[likely]]
        return {__builtin_ia32_rdtsc()};
#endif
    return {static_cast<std::uint64_t>(clock_count())};
}

time_point time_of(tick then) noexcept {
#if defined(__x86_64__)
    if (const origin& first = start(); first.counter_is_good) {
        // A young origin gives a rough rate, but no tick is older than the origin, so the error stays within the noise of
        // the reads.
        const std::uint64_t count = __builtin_ia32_rdtsc();
        const std::int64_t clock = clock_count();
        if (count <= then.count) return time_point(nanoseconds(clock));
        const double age = static_cast<double>(count - then.count) * rate_now(first, count, clock);
        return time_point(nanoseconds(clock - static_cast<std::int64_t>(age)));
    }
#endif
    return time_point(nanoseconds(static_cast<std::int64_t>(then.count)));
}

nanoseconds between(tick from, tick to) noexcept {
    if (to.count <= from.count) return {};
    const std::uint64_t counts = to.count - from.count;
#if defined(__x86_64__)
    if (const origin& first = start(); first.counter_is_good) {
        const double rate = rate_now(first, __builtin_ia32_rdtsc(), clock_count());
        return nanoseconds(static_cast<std::int64_t>(static_cast<double>(counts) * rate));
    }
#endif
    return nanoseconds(static_cast<std::int64_t>(counts));
}

}  // namespace coil::ring
