// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/signal_list.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <iterator>
#include <type_traits>

TEST_CASE("signal_list: numbers in braces") {
    const coil::signal_list two{SIGHUP, SIGTERM};
    CHECK(std::distance(two.begin(), two.end()) == 2);
    CHECK(two.begin()[1] == SIGTERM);
    static_assert(!std::is_constructible_v<coil::signal_list>);
    static_assert(!std::is_constructible_v<coil::signal_list, long>);
}
