// SPDX-License-Identifier: BSL-1.0
#include <coil/process/command.hpp>

#include "households.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace coil::process;
using namespace process_test;
using namespace std::chrono_literals;

TEST_CASE("command: is put together step by step, and run more than once") {
    coil::run([]() -> coil::task<> {
        command c("sh");
        c.arg("-c").args(std::vector<std::string>{"echo $A; pwd; echo err >&2"}).env("A", "word").cwd("/usr").err(to_stdout);
        for (int i = 0; i != 2; ++i) {
            const completed r = co_await c.run({.capture = true});
            CHECK(r.out == "word\n/usr\nerr\n");
            CHECK(r.err.empty());
        }
        child one = co_await c.out(piped).spawn();
        const completed r = co_await one.communicate();
        CHECK(r.out == "word\n/usr\nerr\n");
    }());
}

TEST_CASE("command: the environment is inherited, added to, taken from, cleared, replaced") {
    coil::run([]() -> coil::task<> {
        setenv("COIL_TEST_WORD", "seen", 1);
        const command sh("sh", "-c", "echo $COIL_TEST_WORD $B");
        completed r = co_await command(sh).env("B", "b").run({.capture = true});
        CHECK(r.out == "seen b\n");
        r = co_await command(sh).env_remove("COIL_TEST_WORD").env("B", "b").run({.capture = true});
        CHECK(r.out == "b\n");
        r = co_await command(sh).env_clear().run({.capture = true});
        CHECK(r.out == "\n");
        environment vars;
        vars.set("B", "other");
        r = co_await command(sh).env(vars).run({.capture = true});
        CHECK(r.out == "other\n");
        unsetenv("COIL_TEST_WORD");
    }());
}

TEST_CASE("pipeline: joins programs, and has the end of each") {
    coil::run([]() -> coil::task<> {
        const completed r = co_await (command("printf", "b\\na\\nb\\n") | command("sh", "-c", "sort -u; exit 4") |
                                      command("wc", "-l"))
                                .run({.capture = true, .check = true});
        CHECK(r.out == "2\n");
        CHECK(r.args.front() == "wc");
        REQUIRE(r.stages.size() == 3);
        CHECK(r.stages[0].status.success());
        CHECK(r.stages[1].status.exit_code() == 4);
        CHECK(r.stages[1].args.front() == "sh");
        CHECK(r.stages[2].status.success());
    }());
}

TEST_CASE("pipeline: a program whose reader has ended gets SIGPIPE, as in a shell") {
    coil::run([]() -> coil::task<> {
        const completed r = co_await (command("yes") | command("head", "-n", "1")).run({.capture = true});
        CHECK(r.out == "y\n");
        CHECK(r.success());
        CHECK(r.stages[0].status.signal() == SIGPIPE);
        CHECK(has_no_children());
    }());
}

TEST_CASE("pipeline: input goes to the first, the errors of all come together") {
    coil::run([]() -> coil::task<> {
        const std::string text(1 << 20, 'x');
        const completed r = co_await (command("sh", "-c", "echo one >&2; cat") | command("sh", "-c", "cat; echo two >&2"))
                                .run({.input = text, .capture = true});
        CHECK((r.out == text));
        CHECK(r.err.size() == 8);
        CHECK(r.err.find("one\n") != std::string::npos);
        CHECK(r.err.find("two\n") != std::string::npos);
    }());
}

TEST_CASE("pipeline: when one program is missing the others do not stay") {
    coil::run([]() -> coil::task<> {
        const auto r = co_await coil::as_result((command("sleep", "1000") | command("no-such-program")).run());
        CHECK(r.error().message() == "spawn no-such-program: No such file or directory");
        co_await until_no_children();
    }());
}

TEST_CASE("pipeline: a deadline ends all of it") {
    coil::run([]() -> coil::task<> {
        bool late = false;
        try {
            co_await (command("sleep", "1000") | command("sh", "-c", "sleep 1000 & cat")).run({.timeout = 10ms});
        } catch (const coil::process::timed_out& e) {
            late = true;
            CHECK(e.completed().stages.at(0).status.signal() == SIGTERM);
        }
        CHECK(late);
        CHECK(has_no_children());
    }());
}

TEST_CASE("pipeline: a stream of one's own where two programs are joined is refused") {
    CHECK_THROWS_AS(static_cast<void>((command("ls").out(null) | command("cat")).run()), std::invalid_argument);
}
