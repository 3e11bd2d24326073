// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/work_guard.hpp>

#include <doctest/doctest.h>

#include <optional>

TEST_CASE("it is held from the first guard to the last") {
    CHECK(!coil::work_guard::held());
    std::optional<coil::work_guard> a, b;
    a.emplace();
    CHECK(coil::work_guard::held());
    b.emplace();
    a.reset();
    CHECK(coil::work_guard::held());
    b.reset();
    CHECK(!coil::work_guard::held());
}
