// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_context.hpp>

#include "certificates.hpp"

#include <coil/runtime/io/tls_error.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <system_error>

using io_test::certificates;
using coil::net::tls_context;
using coil::net::tls_errc;

namespace {

// The text and the code of what `f` throws.
template <class F>
std::system_error thrown_by(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return e;
    }
    return std::system_error(std::error_code());
}

}  // namespace

TEST_CASE("a context is made of files, or of the same as text") {
    const certificates& all = certificates::made();
    CHECK(io_test::server_context().is_server());
    CHECK_FALSE(io_test::client_context().is_server());
    const std::string certificate = all.text("server.pem"), key = all.text("server.key"), both = certificate + key;
    CHECK(tls_context::server({.certificate = certificate, .key = key}).is_server());
    CHECK(tls_context::server({.certificate = both}).is_server());
    CHECK_FALSE(tls_context::client({.ca = all.text("ca.pem")}).is_server());
    CHECK_FALSE(tls_context::standard_client().is_server());
    CHECK(&tls_context::standard_client() == &tls_context::standard_client());
}

TEST_CASE("what a context cannot use is named, with the file") {
    const certificates& all = certificates::made();
    const std::string missing = all.path("missing.pem"), certificate = all.path("server.pem"), foreign = all.path("other.key");
    auto e = thrown_by([&] { static_cast<void>(tls_context::server({.certificate = missing})); });
    CHECK(e.code() == std::errc::no_such_file_or_directory);
    CHECK(std::string(e.what()) == "tls certificate " + missing + ": No such file or directory");
    e = thrown_by([&] { static_cast<void>(tls_context::client({.ca = missing})); });
    CHECK(std::string(e.what()) == "tls ca " + missing + ": No such file or directory");
    e = thrown_by([&] { static_cast<void>(tls_context::server({.certificate = certificate, .key = foreign})); });
    CHECK(e.code() == tls_errc::unusable_configuration);
    CHECK(std::string(e.what()).starts_with("tls key " + foreign + ", "));
    // a certificate alone, where a key is looked for beside it
    e = thrown_by([&] { static_cast<void>(tls_context::server({.certificate = certificate})); });
    CHECK(e.code() == tls_errc::unusable_configuration);
    // a file that is no PEM, and one that breaks off
    const std::string log = all.path("log");
    e = thrown_by([&] { static_cast<void>(tls_context::client({.ca = log})); });
    CHECK(e.code() == tls_errc::unusable_configuration);
    const std::string whole = all.text("server.pem"), half = whole + whole.substr(0, whole.size() / 2);
    e = thrown_by([&] { static_cast<void>(tls_context::server({.certificate = half, .key = all.text("server.key")})); });
    CHECK(e.code() == tls_errc::unusable_configuration);
    CHECK(std::string(e.what()).starts_with("tls certificate (a text), "));
}

TEST_CASE("contexts that make no sense are refused") {
    using namespace std::string_view_literals;
    CHECK_THROWS_AS(static_cast<void>(tls_context::server({})), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(tls_context::client({.ca = "a\0b"sv})), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(io_test::client_context({.alpn = "h2,,http/1.1"})), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(io_test::client_context({.alpn = std::string(256, 'x')})), std::invalid_argument);
    const std::string other = certificates::made().path("other.pem"), key = certificates::made().path("other.key");
    tls_context client = io_test::client_context(), server = io_test::server_context();
    CHECK_THROWS_AS(client.add_name("other.test", other, key), std::invalid_argument);
    CHECK_THROWS_AS(server.add_name("", other, key), std::invalid_argument);
    CHECK_THROWS_AS(server.add_name("other.test", other, certificates::made().path("server.key")), std::system_error);
    server.add_name("other.test", other, key);
}
