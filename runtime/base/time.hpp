// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <ratio>
#include <type_traits>

namespace coil {

/// A point of the steady clock. Only `ring` reads that clock; everybody else is told.
using time_point = std::chrono::steady_clock::time_point;
using nanoseconds = std::chrono::nanoseconds;

/// Means "never" as a deadline.
inline constexpr time_point never = time_point::max();

/// Converts any duration to nanoseconds; what does not fit becomes the largest or the smallest value, not-a-number zero.
template <class Rep, class Period>
constexpr nanoseconds clamp_duration(std::chrono::duration<Rep, Period> d) noexcept {
    using wide = std::chrono::duration<long double, std::nano>;
    if constexpr (std::is_same_v<std::chrono::duration<Rep, Period>, nanoseconds>) {
        return d;
    } else {
        const long double n = wide(d).count();
        if (!(n >= 0) && !(n < 0)) return nanoseconds::zero();
        if (n >= static_cast<long double>(nanoseconds::max().count())) return nanoseconds::max();
        if (n <= static_cast<long double>(nanoseconds::min().count())) return nanoseconds::min();
        // a ratio with a numerator and a denominator multiplies before it divides: what fits might not on the way
        using factor = std::ratio_divide<Period, std::nano>;
        constexpr bool exact = !std::is_floating_point_v<Rep> && (factor::num == 1 || factor::den == 1);
        if constexpr (!exact) return nanoseconds(static_cast<std::int64_t>(n));
        else return std::chrono::duration_cast<nanoseconds>(d);
    }
}

/// Is a duration of any unit, where an option wants one: what does not fit becomes the longest, or the shortest.
class any_duration {
public:
    template <class Rep, class Period>
    constexpr any_duration(std::chrono::duration<Rep, Period> d) noexcept  // implicit: `.grace = 1s`
        : length_(clamp_duration(d)) {}
    constexpr operator nanoseconds() const noexcept { return length_; }
    friend constexpr bool operator==(any_duration, any_duration) noexcept = default;
    friend constexpr auto operator<=>(any_duration, any_duration) noexcept = default;

private:
    nanoseconds length_;
};

/// Adds without overflow: an enormous duration is `never`.
constexpr time_point deadline_after(time_point start, nanoseconds d) noexcept {
    if (d > nanoseconds::zero() && start.time_since_epoch() > nanoseconds::max() - d) return never;
    if (d < nanoseconds::zero()) return start;
    return start + d;
}

}  // namespace coil
