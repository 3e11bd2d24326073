// SPDX-License-Identifier: BSL-1.0
#include <coil/process/arguments.hpp>

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using coil::process::arguments;
using texts = std::vector<std::string>;

TEST_CASE("arguments: a list in braces, of any texts") {
    const std::string path = "a path";
    const arguments a{"sort", std::string_view("-u"), path};
    CHECK(a.list() == texts{"sort", "-u", "a path"});
}

TEST_CASE("arguments: any range of texts, and one text alone") {
    const texts list{"ls", "-l"};
    CHECK(arguments(list).list() == list);
    CHECK(arguments(texts(list)).list() == list);
    CHECK(arguments(std::array<const char*, 2>{"a", "b"}).list() == texts{"a", "b"});
    CHECK(arguments("ls").list() == texts{"ls"});
    CHECK(arguments(std::string("ls")).list() == texts{"ls"});
}

TEST_CASE("arguments: no program, and a zero in a text, are refused") {
    CHECK_THROWS_AS(arguments(texts{}), std::invalid_argument);
    CHECK_THROWS_AS(arguments(""), std::invalid_argument);
    CHECK_THROWS_AS(arguments("ls", std::string_view("a\0b", 3)), std::invalid_argument);
}
