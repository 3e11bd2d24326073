// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/transfer_error.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <ostream>
#include <string>
#include <system_error>

TEST_CASE("the error of an operation names it and its object") {
    const coil::error e = coil::operation_error(ECONNREFUSED, "connect", "127.0.0.1:81");
    CHECK(e == std::errc::connection_refused);
    CHECK(e.message() == "connect 127.0.0.1:81: Connection refused");
    CHECK_THROWS_WITH_AS(e.rethrow(), "connect 127.0.0.1:81: Connection refused", std::system_error);
    CHECK(coil::operation_error(EIO, "sync", "").message() == "sync: Input/output error");
}

TEST_CASE("the error of a transfer says how far it came") {
    const coil::error e = coil::transfer_failure(ENOSPC, "write_at", "/mnt/x", 4096, 8192);
    CHECK(e == std::errc::no_space_on_device);
    CHECK(e.message() == "write_at /mnt/x after 4096 of 8192 bytes: No space left on device");
    try {
        e.rethrow();
    } catch (const coil::transfer_error& thrown) {
        CHECK(thrown.transferred() == 4096);
        CHECK(thrown.code() == std::errc::no_space_on_device);
        CHECK(thrown.what() == e.message());
    }
    CHECK(coil::transfer_failure(EPIPE, "write", "x", 0, 9).message() == "write x: Broken pipe");
}
