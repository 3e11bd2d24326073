// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/deadlock.hpp>

#include <doctest/doctest.h>

#include <string_view>
#include <type_traits>
#include <vector>

TEST_CASE("a deadlock is a runtime_error that is copied without throwing, rows and all") {
    static_assert(std::is_nothrow_copy_constructible_v<coil::deadlock>);
    std::vector<coil::deadlock::row> rows(2);
    rows[1].name = "second";
    const coil::deadlock d("two wait", std::move(rows));
    try {
        throw d;
    } catch (const std::runtime_error& e) {
        CHECK(std::string_view(e.what()) == "two wait");
        const auto& caught = dynamic_cast<const coil::deadlock&>(e);
        REQUIRE(caught.tasks().size() == 2);
        CHECK(caught.tasks()[1].name == "second");
    }
}
