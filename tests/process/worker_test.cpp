// SPDX-License-Identifier: BSL-1.0
#include <coil/process/worker.hpp>

#include <doctest/doctest.h>

#include <stdexcept>

// What it stands for is tested in start_test.cpp.
TEST_CASE("worker_status: a code, a signal as its negative, an exception") {
    using coil::process::worker_status;
    CHECK(worker_status(0, 0, nullptr).success());
    CHECK(worker_status(3, 0, nullptr).exit_code() == 3);
    CHECK(worker_status(0, 15, nullptr).exit_code() == -15);
    CHECK(!worker_status(0, 15, nullptr).success());
    CHECK_THROWS_AS(worker_status(1, 0, std::make_exception_ptr(std::domain_error("x"))).rethrow(), std::domain_error);
    CHECK_NOTHROW(worker_status(1, 0, nullptr).rethrow());
}
