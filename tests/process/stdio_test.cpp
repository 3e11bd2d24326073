// SPDX-License-Identifier: BSL-1.0
#include <coil/process/stdio.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace coil::process;

static_assert(std::is_trivially_destructible_v<stdio>);
static_assert(stdio().what() == stdio::kind::inherit);

TEST_CASE("stdio: each spelling says what the stream is") {
    CHECK(coil::process::pipe.what() == stdio::kind::pipe);
    CHECK(coil::process::pipe.sized(1 << 20).number() == 1 << 20);
    CHECK(fast_pipe.what() == stdio::kind::fast_pipe);
    CHECK(null.what() == stdio::kind::null);
    CHECK(to_stdout.what() == stdio::kind::to_stdout);
    CHECK(to_stderr.what() == stdio::kind::to_stderr);
    CHECK(terminal.what() == stdio::kind::terminal);
    CHECK(inherit.what() == stdio::kind::inherit);
    CHECK(descriptor(7).number() == 7);
    CHECK(file("log").path() == "log");
    CHECK(append("log").what() == stdio::kind::append);
}
