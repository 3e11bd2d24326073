// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager_protocol.hpp>

#include <coil/process/manager_connection.hpp>

#include <doctest/doctest.h>

namespace process = coil::process;

TEST_CASE("manager_protocol: a request begins with its operation, in one byte") {
    const auto r = process::request(process::manager_op::took);
    REQUIRE(r.message().size() == 1);
    CHECK(static_cast<process::manager_op>(r.message().front()) == process::manager_op::took);
}
