// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/time.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

namespace {

using namespace std::chrono_literals;
using coil::clamp_duration;
using coil::deadline_after;
using coil::nanoseconds;
using coil::never;
using coil::time_point;

using real_seconds = std::chrono::duration<double>;
using small_seconds = std::chrono::duration<float>;
using thirtieths = std::chrono::duration<std::int64_t, std::ratio<1, 30>>;
using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
using unsigned_seconds = std::chrono::duration<std::uint64_t>;
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_CASE("what fits stays exact") {
    CHECK(clamp_duration(5ns) == 5ns);
    CHECK(clamp_duration(-5ns) == -5ns);
    CHECK(clamp_duration(3us) == 3000ns);
    CHECK(clamp_duration(24h) == 86'400'000'000'000ns);
    CHECK(clamp_duration(real_seconds(0.25)) == 250ms);
    CHECK(clamp_duration(real_seconds(-0.5)) == -500ms);
    CHECK(clamp_duration(small_seconds(0.5f)) == 500ms);
    CHECK(clamp_duration(picoseconds(1999)) == 1ns);
    CHECK(clamp_duration(thirtieths(3)) == 100ms);
    // beyond the 53 bits of a double
    CHECK(clamp_duration(std::chrono::microseconds(9'007'199'254'740'993)) == nanoseconds(9'007'199'254'740'993'000));
    static_assert(clamp_duration(2ms) == 2'000'000ns);
}

TEST_CASE("the ends of nanoseconds themselves pass") {
    CHECK(clamp_duration(nanoseconds::max()) == nanoseconds::max());
    CHECK(clamp_duration(nanoseconds::min()) == nanoseconds::min());
    CHECK(clamp_duration(std::chrono::microseconds(9'223'372'036'854'775)) == nanoseconds(9'223'372'036'854'775'000));
    CHECK(clamp_duration(std::chrono::microseconds(-9'223'372'036'854'775)) ==
          nanoseconds(-9'223'372'036'854'775'000));
}

TEST_CASE("what does not fit becomes the end on its side") {
    CHECK(clamp_duration(std::chrono::microseconds(9'223'372'036'854'776)) == nanoseconds::max());
    CHECK(clamp_duration(std::chrono::hours::max()) == nanoseconds::max());
    CHECK(clamp_duration(std::chrono::hours::min()) == nanoseconds::min());
    CHECK(clamp_duration(std::chrono::years(1000)) == nanoseconds::max());
    CHECK(clamp_duration(std::chrono::seconds::max()) == nanoseconds::max());
    CHECK(clamp_duration(unsigned_seconds::max()) == nanoseconds::max());
    CHECK(clamp_duration(unsigned_seconds(7)) == 7s);
    CHECK(clamp_duration(real_seconds(1e300)) == nanoseconds::max());
    CHECK(clamp_duration(real_seconds(-1e300)) == nanoseconds::min());
    CHECK(clamp_duration(real_seconds(infinity)) == nanoseconds::max());
    CHECK(clamp_duration(real_seconds(-infinity)) == nanoseconds::min());
    CHECK(clamp_duration(std::chrono::duration<long double>(1e4000L)) == nanoseconds::max());
    CHECK(clamp_duration(real_seconds(9.3e9)) == nanoseconds::max());
    CHECK(clamp_duration(real_seconds(9.2e9)) < nanoseconds::max());
}

TEST_CASE("not a number is no time at all") {
    CHECK(clamp_duration(real_seconds(std::numeric_limits<double>::quiet_NaN())) == 0ns);
    CHECK(clamp_duration(small_seconds(-std::numeric_limits<float>::quiet_NaN())) == 0ns);
}

TEST_CASE("a period that is no decimal one does not overflow on the way") {
    // 200 years in thirtieths of a second: the product with 10^9 would not fit, the result does
    constexpr std::int64_t count = 30LL * 86400 * 365 * 200;
    CHECK(clamp_duration(thirtieths(count)) == std::chrono::seconds(count / 30));
    CHECK(clamp_duration(thirtieths::max()) == nanoseconds::max());
    CHECK(clamp_duration(thirtieths::min()) == nanoseconds::min());
}

TEST_CASE("an option takes a duration of any unit, and clamps it") {
    struct options {
        coil::any_duration grace = 1s;
    };
    CHECK(options{}.grace == 1s);
    CHECK(options{.grace = std::chrono::duration<double>(0.25)}.grace == 250ms);
    CHECK(nanoseconds(options{.grace = std::chrono::hours::max()}.grace) == nanoseconds::max());
    CHECK(nanoseconds(options{.grace = std::chrono::seconds::min()}.grace) == nanoseconds::min());
    CHECK(options{.grace = -1h}.grace < 0ns);
    static_assert(std::is_trivially_destructible_v<coil::any_duration>);
}

TEST_CASE("a deadline lies a duration after its start") {
    constexpr time_point start{100s};
    CHECK(deadline_after(start, 5s) == time_point{105s});
    CHECK(deadline_after(start, 0s) == start);
    CHECK(deadline_after(time_point{}, 1ns) == time_point{1ns});
}

TEST_CASE("a negative duration is over at once, an enormous one never") {
    constexpr time_point start{100s};
    CHECK(deadline_after(start, -5s) == start);
    CHECK(deadline_after(start, nanoseconds::min()) == start);
    CHECK(deadline_after(start, nanoseconds::max()) == never);
    CHECK(deadline_after(start, nanoseconds::max() - 99s) == never);
    CHECK(deadline_after(start, nanoseconds::max() - 101s) < never);
    CHECK(deadline_after(time_point{}, nanoseconds::max()) == never);
    CHECK(deadline_after(never, 1ns) == never);
    CHECK(deadline_after(never, 0ns) == never);
    // a clock that began before its epoch
    CHECK(deadline_after(time_point::min(), nanoseconds::max()) == time_point{-1ns});
    static_assert(deadline_after(start, nanoseconds::max()) == never);
}

}  // namespace
