// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/count.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace {

struct options {
    coil::count size = {};
};

TEST_CASE("any integer is a count, unless it is negative") {
    CHECK(options{.size = 3}.size.value() == 3);
    CHECK(options{.size = std::uint8_t{200}}.size.value() == 200);
    CHECK(options{.size = std::numeric_limits<std::uint64_t>::max()}.size.value() ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK(options{.size = 0}.size.given());
    CHECK_THROWS_WITH_AS(coil::count(-1), doctest::Contains("count_test.cpp:"), std::invalid_argument);
    const int n = -7;
    const std::string here = "count_test.cpp:" + std::to_string(__LINE__ + 1) + ": a count was negative: -7";
    CHECK_THROWS_WITH_AS(static_cast<void>(options{.size = n}), doctest::Contains(here.c_str()), std::invalid_argument);
    CHECK_THROWS_AS(coil::count{std::numeric_limits<std::int64_t>::min()}, std::invalid_argument);
    static_assert(coil::count(5).value() == 5);
    static_assert(!std::is_convertible_v<double, coil::count>);
    static_assert(std::is_trivially_destructible_v<coil::count>);
}

TEST_CASE("what is not given has another value") {
    CHECK_FALSE(options{}.size.given());
    CHECK(options{}.size.value_or(7) == 7);
    CHECK(options{.size = 0}.size.value_or(7) == 0);
}

}  // namespace
