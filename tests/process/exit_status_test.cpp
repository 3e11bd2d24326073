// SPDX-License-Identifier: BSL-1.0
#include <coil/process/exit_status.hpp>

#include <doctest/doctest.h>

using coil::process::exit_status;

TEST_CASE("exit_status: a code, a signal, or unknown") {
    const exit_status good = exit_status::exited(0), bad = exit_status::exited(127), ended = exit_status::killed(15),
                      crashed = exit_status::killed(11, true), unknown;
    CHECK(good.success());
    CHECK(good.exit_code() == 0);
    CHECK_FALSE(bad.success());
    CHECK(bad.exit_code() == 127);
    CHECK(bad.signal() == 0);
    CHECK(ended.signal() == 15);
    CHECK(ended.exit_code() == -15);
    CHECK_FALSE(ended.success());
    CHECK_FALSE(ended.dumped_core());
    CHECK(crashed.dumped_core());
    CHECK_FALSE(unknown.known());
    CHECK_FALSE(unknown.success());
    CHECK(unknown.signal() == 0);
    CHECK(unknown.exit_code() == exit_status::unknown_code);
    CHECK(good == exit_status::exited(0));
    CHECK_FALSE(ended == crashed);
}

TEST_CASE("exit_status: says what happened") {
    CHECK(to_string(exit_status::exited(3)) == "exit code 3");
    CHECK(to_string(exit_status::killed(9)) == "killed by signal 9 (Killed)");
    CHECK(to_string(exit_status::killed(11, true)) == "killed by signal 11 (Segmentation fault), core dumped");
    CHECK(to_string(exit_status()).starts_with("end unknown"));
}
