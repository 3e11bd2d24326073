// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pool_calls.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

// The calls themselves are tested in pool_test.cpp.
TEST_CASE("outcome: a value or an error, and which item it was") {
    using coil::process::outcome;
    outcome<std::string> o(3);
    CHECK(o.index() == 3);
    CHECK(!o);
    coil::process::encoder to;
    coil::process::encode(to, std::string("text"));
    coil::process::decoder from(to.message());
    o.read(from);
    CHECK(o.has_value());
    CHECK(o.value() == "text");
    CHECK(o->size() == 4);
    o.fail(std::make_exception_ptr(std::range_error("far")));
    CHECK(!o);
    CHECK_THROWS_AS(o.value(), std::range_error);
    CHECK(o.error() != nullptr);
}
