// SPDX-License-Identifier: BSL-1.0
#include <coil/process/init.hpp>

#include <doctest/doctest.h>

#include <algorithm>

TEST_CASE("init: keeps what main was called with") {
    const auto& all = coil::process::program_arguments();
    REQUIRE(!all.empty());
    CHECK(all.front().ends_with("process_test"));
    CHECK_NOTHROW(coil::process::require_init());
}
