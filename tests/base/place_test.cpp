// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/place.hpp>

#include <doctest/doctest.h>

#include <string_view>

namespace {

coil::place asked(coil::place where = coil::place::current()) { return where; }

TEST_CASE("a default argument names the line of the caller, in one pointer") {
    const coil::place here = asked();
    CHECK(here.line() == __LINE__ - 1);
    CHECK(std::string_view(here.file_name()).ends_with("place_test.cpp"));
    static_assert(sizeof(coil::place) == sizeof(void*));
}

TEST_CASE("a place that was never set is line 0") { CHECK(coil::place().line() == 0); }

}  // namespace
