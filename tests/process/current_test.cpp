// SPDX-License-Identifier: BSL-1.0
#include <coil/process/current.hpp>

#include "same_name.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

static int static_in_two_files(int x) { return x - 1; }

coil::process::function_key key_of_the_other_file() { return coil::process::function<&static_in_two_files>->key(); }

TEST_CASE("current: the program that its user has started is main") {
    const auto c = coil::process::current();
    CHECK(c.name == "main");
    CHECK(c.pid == ::getpid());
    CHECK(c.parent_pid == ::getppid());
    CHECK(!c.is_worker);
}
