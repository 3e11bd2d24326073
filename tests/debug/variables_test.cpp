// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/variables.hpp>

#include <doctest/doctest.h>

#include <csignal>

using coil::nanoseconds;
using coil::debug::limit_from;
using coil::debug::signal_from;
using namespace std::chrono_literals;

TEST_CASE("variables: a limit is a number with a unit, or milliseconds") {
    CHECK(limit_from("50ms") == nanoseconds(50ms));
    CHECK(limit_from("2s") == nanoseconds(2s));
    CHECK(limit_from("100us") == nanoseconds(100us));
    CHECK(limit_from("7ns") == nanoseconds(7ns));
    CHECK(limit_from("2min") == nanoseconds(2min));
    CHECK(limit_from("50") == nanoseconds(50ms));
    CHECK(limit_from("1.5s") == nanoseconds(1500ms));
    CHECK(limit_from("0") == nanoseconds::zero());
    CHECK(limit_from("0.01ns") == nanoseconds(1));  // not none at all
    CHECK(limit_from("99999999999999999999s") == nanoseconds::max());
}

TEST_CASE("variables: what is no limit is none") {
    for (const char* text : {"", "ms", "fifty", "50 ms", "50msec", "-1ms", "1e3", "0x10", "nan", "inf", "50ms ", " 50ms", "1,5s"}) {
        CAPTURE(text);
        CHECK_FALSE(limit_from(text).has_value());
    }
}

TEST_CASE("variables: a signal is a name, with SIG or without, or a number") {
    CHECK(signal_from("QUIT") == SIGQUIT);
    CHECK(signal_from("SIGQUIT") == SIGQUIT);
    CHECK(signal_from("USR1") == SIGUSR1);
    CHECK(signal_from("3") == 3);
    CHECK(signal_from("40") == 40);
    CHECK(coil::debug::name_of_signal(SIGQUIT) == "QUIT");
    CHECK(coil::debug::name_of_signal(40) == "signal 40");
}

TEST_CASE("variables: what no handler can take is no signal to dump by") {
    for (const char* text : {"", "SIG", "quit", "NONE", "0", "-3", "65", "1000000", "99999999999", "3x", "KILL", "STOP", "9",
                             "SEGV", "ABRT", "11"}) {
        CAPTURE(text);
        CHECK_FALSE(signal_from(text).has_value());
    }
}
