// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <system_error>

TEST_CASE("errors of TLS have a category of their own, and a sentence each") {
    using coil::net::tls_errc;
    const std::error_code truncated = tls_errc::truncated;
    CHECK(truncated.category() == coil::net::tls_category());
    CHECK(std::string(truncated.category().name()) == "tls");
    CHECK(truncated.message() == "the stream ended unannounced");
    CHECK(truncated != std::error_code(1, std::system_category()));
    for (int i = 1; i <= 6; ++i) {
        CAPTURE(i);
        CHECK(std::error_code(i, coil::net::tls_category()).message().size() > 10);
    }
    CHECK(std::error_code(7, coil::net::tls_category()).message() == "error 7");
}
