// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <exception>
#include <string>
#include <system_error>
#include <type_traits>

namespace {

TEST_CASE("cancelled is no std::exception, so a handler for errors lets it pass") {
    static_assert(!std::is_base_of_v<std::exception, coil::cancelled>);
    static_assert(std::is_nothrow_copy_constructible_v<coil::cancelled>);
    bool passed = false;
    try {
        try {
            throw coil::cancelled();
        } catch (const std::exception&) {
            FAIL("swallowed");
        }
    } catch (const coil::cancelled& c) {
        passed = true;
        CHECK(c.transferred() == 0);
    }
    CHECK(passed);
}

TEST_CASE("cancelled and timed_out carry how many bytes had moved") {
    CHECK(coil::cancelled(17).transferred() == 17);
    CHECK(coil::timed_out(4096).transferred() == 4096);
    CHECK(coil::timed_out().transferred() == 0);
}

TEST_CASE("timed_out is a system_error of errc::timed_out") {
    try {
        throw coil::timed_out(3);
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::timed_out);
        CHECK(std::string(e.what()).find("deadline") != std::string::npos);
        CHECK(std::string(e.what()).find("errors_test.cpp:") != std::string::npos);
    }
}

TEST_CASE("throw_errno names the operation and its object") {
    try {
        coil::throw_errno(ECONNREFUSED, "connect", "127.0.0.1:81");
    } catch (const std::system_error& e) {
        CHECK(e.code().value() == ECONNREFUSED);
        CHECK(e.code().category() == std::system_category());
        CHECK(e.code() == std::errc::connection_refused);
        CHECK(std::string(e.what()).starts_with("connect 127.0.0.1:81"));
    }
    CHECK_THROWS_WITH_AS(coil::throw_errno(ENOENT, "open"), doctest::Contains("open: "), std::system_error);
}

}  // namespace
