// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

#include <cstdint>

namespace coil::ring {

/// Is a moment as the cheapest counter of the machine shows it; only the ring that made it can turn it into a time.
struct tick {
    std::uint64_t count = 0;
};

/// Reads the time stamp counter if it runs at one rate on all cores, otherwise the steady clock.
/// Cost: about 10 ns where the vDSO clock takes 27.
/// Source: CPUID leaf 8000'0007h, EDX bit 8 (invariant TSC).
tick read_tick() noexcept;

/// Turns a recent tick into a time: the distance to now, scaled. Exact to the noise of the two reads (under 1 us) for a
/// tick that is less than a second old; never later than now.
time_point time_of(tick then) noexcept;

/// The time from one tick to a later one of the same thread: to the nanosecond, where the difference of two times has the
/// noise of both.
nanoseconds between(tick from, tick to) noexcept;

}  // namespace coil::ring
