// SPDX-License-Identifier: BSL-1.0
#include <coil/process/environment.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using coil::process::environment;
using coil::process::environment_ref;

// A temporary is refused where options are written.
static_assert(std::is_convertible_v<environment&, environment_ref>);
static_assert(std::is_convertible_v<const environment&, environment_ref>);
static_assert(!std::is_convertible_v<environment, environment_ref>);
static_assert(std::is_trivially_destructible_v<environment_ref>);

TEST_CASE("environment: begins empty; set, get, remove") {
    environment e;
    CHECK(e.empty());
    e.set("A", "1").set("B", "2").set("A", "3");
    CHECK(e.size() == 2);
    CHECK(e.get("A") == "3");
    CHECK_FALSE(e.get("C").has_value());
    e.remove("A").remove("never there");
    CHECK_FALSE(e.contains("A"));
    CHECK(e.lines() == std::vector<std::string>{"B=2"});
}

TEST_CASE("environment: inherited is a copy of this process's own") {
    setenv("COIL_TEST_WORD", "a=b", 1);
    environment e = environment::inherited();
    unsetenv("COIL_TEST_WORD");
    CHECK(e.get("COIL_TEST_WORD") == "a=b");
    CHECK(e.contains("PATH"));
}

TEST_CASE("environment: what exec could not pass on is refused") {
    environment e;
    CHECK_THROWS_AS(e.set("", "x"), std::invalid_argument);
    CHECK_THROWS_AS(e.set("A=B", "x"), std::invalid_argument);
    CHECK_THROWS_AS(e.set("A", std::string("x\0y", 3)), std::invalid_argument);
    CHECK(e.empty());
}
