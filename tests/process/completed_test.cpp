// SPDX-License-Identifier: BSL-1.0
#include <coil/process/completed.hpp>

#include <doctest/doctest.h>

#include <string>
#include <system_error>

using namespace coil::process;

TEST_CASE("completed: tells how a program ended, and what it wrote") {
    const completed c({"cat", "-u"}, exit_status::exited(0), "out", "err");
    CHECK(c.success());
    CHECK(c.exit_code() == 0);
    CHECK(c.signal() == 0);
    CHECK(c.out == "out");
    CHECK(c.err == "err");
    CHECK(c.args.size() == 2);
}

TEST_CASE("failed: its text has the program, its end, and the last of what it said") {
    const failed plain(completed({"false"}, exit_status::exited(1)));
    CHECK(plain.what() == std::string("false: exit code 1"));
    std::string errors(5000, 'x');
    errors.append("bad\n");
    const failed said(completed({"cc"}, exit_status::killed(9), "", errors));
    CHECK(std::string(said.what()).starts_with("cc: killed by signal 9 (Killed): xxx"));
    CHECK(std::string(said.what()).ends_with("bad"));
    CHECK(std::string(said.what()).size() < 1200);
    CHECK(said.status().signal() == 9);
    CHECK(said.err().size() == 5004);
}

TEST_CASE("timed_out: is coil's, with what had been written") {
    try {
        throw coil::process::timed_out(completed({"sleep"}, exit_status::killed(15), "so far"));
    } catch (const coil::timed_out& e) {
        CHECK(e.code() == std::errc::timed_out);
        CHECK(std::string(e.what()) == "sleep: its time was over: " + to_string(exit_status::killed(15)));
        CHECK(dynamic_cast<const coil::process::timed_out&>(e).out() == "so far");
    }
}
