// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/write_buffer.hpp>

#include "../run/heard.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using coil::write_buffer;

namespace {

std::string_view text_of(const write_buffer& b) {
    return {reinterpret_cast<const char*>(b.contents().data()), b.contents().size()};
}

}  // namespace

TEST_CASE("write_buffer: takes what fits, and forgets what was written") {
    write_buffer b(8);
    CHECK(b.append_all("12345"));
    CHECK_FALSE(b.append_all("6789"));
    CHECK(b.append_some("6789") == 3);
    CHECK(text_of(b) == "12345678");
    CHECK(b.append_some("9") == 0);
    b.drop(6);
    CHECK(text_of(b) == "78");
    CHECK(b.append_all("9abcde"));
    CHECK(text_of(b) == "789abcde");
    b.append_whole("fgh", "ijklmnop");  // beyond its size
    CHECK(text_of(b) == "789abcdefghijklmnop");
    CHECK_FALSE(b.append_all("x"));
    b.drop(19);
    CHECK(b.size() == 0);
    CHECK(b.append_all(coil::byte_view()));
}

TEST_CASE("write_buffer: what is lost is told, unless an error has told it") {
    const heard ear;
    {
        write_buffer b(8);
        b.append_all("abc");
        write_buffer c(std::move(b));
    }
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0] == "a buffered_writer was destroyed before its last 3 bytes were flushed");
    {
        write_buffer b(8);
        b.append_all("abc");
        b.keep(std::make_exception_ptr(std::runtime_error("known")));
        CHECK_THROWS_AS(b.check(), std::runtime_error);
        CHECK_THROWS_AS(b.append_whole("a", "b"), std::runtime_error);
        write_buffer c(8);
        c.append_all("d");
        c = std::move(b);
        CHECK(c.problem() != nullptr);
    }
    REQUIRE(heard::log().size() == 2);
    CHECK(heard::log()[1] == "a buffered_writer was destroyed before its last 1 bytes were flushed");
}
