// SPDX-License-Identifier: BSL-1.0
#include <coil/process/spawn.hpp>

#include "households.hpp"
#include "stopped.hpp"

#include <coil/process/run.hpp>
#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/io/buffered_reader.hpp>
#include <coil/runtime/io/temporary.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace coil::process;
using namespace process_test;
using namespace std::chrono_literals;

namespace {

coil::task<std::string> output_of(std::string script, spawn_options o = {}) {
    o.out = piped;
    child c = co_await spawn({"sh", "-c", script}, o);
    const completed r = co_await c.communicate();
    co_return r.out;
}

}  // namespace

TEST_CASE("spawn: what is written can be read, line by line") {
    coil::run([]() -> coil::task<> {
        child c = co_await spawn({"cat"}, {.in = piped, .out = piped, .err = to_stdout});
        co_await c.in().write("one\ntwo\n");
        c.in().close();
        coil::buffered_reader r{c.out()};
        std::vector<std::string> lines;
        auto line = co_await r.read_line();
        while (line) {
            lines.push_back(*line);
            line = co_await r.read_line();
        }
        CHECK(lines == std::vector<std::string>{"one", "two"});
        const exit_status end = co_await c.wait();
        CHECK(end.success());
    }());
}

TEST_CASE("spawn: streams may be null, files, descriptors, and each other") {
    coil::run([]() -> coil::task<> {
        coil::fs::temporary_folder folder = co_await coil::fs::temporary_folder::make();
        const std::string path = (folder.path() / "log").string();
        std::string script = "echo out; echo err >&2";
        for (const bool again : {false, true}) {
            child c = co_await spawn({"sh", "-c", script}, {.in = null, .out = again ? append(path) : file(path), .err = to_stdout});
            co_await c.wait();
        }
        std::string text = co_await coil::fs::read_file(path);
        CHECK(text == "out\nerr\nout\nerr\n");
        child reader = co_await spawn({"head", "-n", "1"}, {.in = file(path), .out = piped});
        completed r = co_await reader.communicate();
        CHECK(r.out == "out\n");
        child other = co_await spawn({"sh", "-c", script}, {.out = to_stderr, .err = piped});
        r = co_await other.communicate();
        CHECK(r.err == "out\nerr\n");
        word_from_child word;
        child direct = co_await spawn({"sh", "-c", "echo 42"}, {.out = descriptor(word.number())});
        const int said = co_await word.read();
        CHECK(said == 42);
        co_await direct.wait();
        const std::string nothing = co_await output_of("cat; test -e /dev/stdin; echo $?", {.in = null});
        CHECK(nothing == "0\n");
        co_await folder.remove();
    }());
}

TEST_CASE("spawn: a stream of which nothing is said is this process's own") {
    const int before = fcntl(0, F_DUPFD_CLOEXEC, 3);
    std::array<int, 2> two{};
    REQUIRE(::pipe2(two.data(), O_CLOEXEC) == 0);
    CHECK(write(two[1], "ours\n", 5) == 5);
    close(two[1]);
    dup2(two[0], 0);
    coil::run([]() -> coil::task<> {
        const std::string out = co_await output_of("cat");
        CHECK(out == "ours\n");
    }());
    close(two[0]);
    if (before >= 0) dup2(before, 0);
    else close(0);
    if (before >= 0) close(before);
}

TEST_CASE("spawn: streams that refer to each other in a circle, and files that are not there, are refused") {
    coil::run([]() -> coil::task<> {
        bool refused = false;
        try {
            co_await spawn({"true"}, {.out = to_stderr, .err = to_stdout});
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
        const auto r = co_await coil::as_result(spawn({"true"}, {.in = file("/no/such/file")}));
        CHECK(r.error() == std::errc::no_such_file_or_directory);
        const std::string endless = "/" + std::string(5000, 'x');
        const auto too_long = co_await coil::as_result(spawn({endless}));
        REQUIRE_FALSE(too_long.has_value());
        CHECK(too_long.error().message().size() < 1000);
        CHECK(has_no_children());
    }());
}

TEST_CASE("spawn: bulk data by large pipes and by the fast way") {
    coil::run([]() -> coil::task<> {
        const std::string text(3 << 20, 'x');
        for (const stdio& way : {piped.sized(1 << 20), fast_pipe}) {
            child c = co_await spawn({"cat"}, {.in = way, .out = way});
            const completed r = co_await c.communicate(text);
            CHECK((r.out == text));
        }
    }());
}

TEST_CASE("spawn: a child on a terminal of its own") {
    coil::run([]() -> coil::task<> {
        child c = co_await spawn({"sh", "-c", "test -t 0 && test -t 1 && echo a tty; read x; echo got $x; exit 3"},
                                 {.in = terminal, .out = terminal, .err = terminal});
        co_await c.in().write("word\n");
        std::string text;
        std::array<char, 256> some{};
        std::size_t n = 1;
        while (n != 0) {
            n = co_await c.out().read(some);
            text.append(some.data(), n);
        }
        const exit_status end = co_await c.wait();
        CHECK(text.find("a tty\r\n") != std::string::npos);
        CHECK(text.find("got word\r\n") != std::string::npos);
        CHECK(end.exit_code() == 3);
    }());
}

TEST_CASE("spawn: directory, environment, umask, limits, niceness, processors are the child's") {
    coil::run([]() -> coil::task<> {
        environment vars;
        vars.set("A", "first");
        const std::vector<resource_limit> limits{{RLIMIT_NOFILE, 33, 33}};
        const std::vector<unsigned> processors{0};
        std::string out = co_await output_of("pwd", {.cwd = "/usr"});
        CHECK(out == "/usr\n");
        out = co_await output_of("echo $A $HOME", {.env = vars});
        CHECK(out == "first\n");
        out = co_await output_of("umask", {.umask = 027});
        CHECK(out == "0027\n");
        out = co_await output_of("ulimit -n", {.limits = limits});
        CHECK(out == "33\n");
        out = co_await output_of("nice", {.nice = 2});
        CHECK(out == std::to_string(getpriority(PRIO_PROCESS, 0) + 2) + "\n");
        out = co_await output_of("grep Cpus_allowed_list /proc/self/status", {.processors = processors});
        CHECK(out == "Cpus_allowed_list:\t0\n");
    }());
}

TEST_CASE("spawn: groups and sessions") {
    coil::run([]() -> coil::task<> {
        const std::string script = "cut -d' ' -f5 /proc/$$/stat; cut -d' ' -f6 /proc/$$/stat; echo $$";
        const auto lines = [](const std::string& text) {
            std::vector<int> numbers;
            for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
                numbers.push_back(std::stoi(text.substr(at)));
            return numbers;
        };
        std::vector<int> n = lines(co_await output_of(script, {.in = null}));
        CHECK(n.at(0) == n.at(2));
        CHECK(n.at(1) == getsid(0));
        n = lines(co_await output_of(script, {.process_group = parents_group}));
        CHECK(n.at(0) == getpgrp());
        n = lines(co_await output_of(script, {.process_group = new_session}));
        CHECK(n.at(1) == n.at(2));
        const child leader = co_await spawn({"sleep", "1000"});
        n = lines(co_await output_of(script, {.process_group = join_group(leader.pid())}));
        CHECK(n.at(0) == leader.pid());
    }());
}

TEST_CASE("spawn: user and group, where that may be") {
    coil::run([]() -> coil::task<> {
        std::string out;
        const auto r = co_await coil::as_result(output_of("id -u; id -g; id -G", {.user = 12345, .group = 23456}));
        if (geteuid() == 0) CHECK(*r == "12345\n23456\n23456\n");
        else CHECK(r.error() == std::errc::operation_not_permitted);
        out = co_await output_of("id -u", {.user = geteuid()});
        CHECK(out == std::to_string(geteuid()) + "\n");
    }());
}

TEST_CASE("spawn: no descriptor is open in a child but those that were named") {
    coil::run([]() -> coil::task<> {
        word_from_child word;
        const int leaked = fcntl(word.number(), F_DUPFD, 100);
        const std::vector<descriptor_move> also{{word.number(), 9}};
        const std::string out = co_await output_of("ls /proc/self/fd | tr '\\n' ' '", {.descriptors = also});
        close(leaked);
        CHECK(out == "0 1 2 3 9 ");
    }());
}

TEST_CASE("spawn: the file to run need not be the first argument") {
    coil::run([]() -> coil::task<> {
        child c = co_await spawn({"a-name", "-c", "echo $0"}, {.out = piped, .program = "/bin/sh"});
        const completed r = co_await c.communicate();
        CHECK(r.out == "a-name\n");
    }());
}

TEST_CASE("spawn: of many at once each gets its own status") {
    coil::run([]() -> coil::task<> {
        std::vector<coil::task<completed>> all;
        for (int i = 0; i != 24; ++i)
            all.push_back(run({"sh", "-c", "exit " + std::to_string(i)}));
        const auto done = co_await coil::when_all(std::move(all));
        for (int i = 0; i != 24; ++i)
            CHECK(done[static_cast<std::size_t>(i)].exit_code() == i);
    }());
}

TEST_CASE("spawn: on the pool, and one that is to end with its parent") {
    coil::run([]() -> coil::task<> {
        const auto work = []() -> coil::task<int> {
            child c = co_await spawn({"sh", "-c", "exit 5"}, {.death_signal = SIGKILL});
            const exit_status end = co_await c.wait();
            co_return end.exit_code();
        };
        const auto [a, b] = co_await coil::when_all(coil::on_pool(work()), coil::on_pool(work()));
        CHECK(a == 5);
        CHECK(b == 5);
    }());
}

TEST_CASE("spawn: a script that is still open for writing is tried again") {
    coil::run([]() -> coil::task<> {
        coil::fs::temporary_folder folder = co_await coil::fs::temporary_folder::make();
        const std::string path = (folder.path() / "script").string();
        int busy = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
        REQUIRE(busy >= 0);
        const std::string text = "#!/bin/sh\nexit 9\n";
        REQUIRE(write(busy, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        const auto [r, unused] = co_await coil::when_all(run({path}), [](int fd) -> coil::task<> {
            close(fd);  // the first attempt was made before
            co_return;
        }(busy));
        CHECK(r.exit_code() == 9);
        co_await folder.remove();
    }());
}

TEST_CASE("spawn: what is stopped before it begins makes no child") {
    coil::run([]() -> coil::task<> {
        auto h = coil::spawn(coil::process::spawn({"sleep", "1000"}));
        h.cancel();
        const bool stopped = co_await process_test::ends_stopped(h);
        CHECK(stopped);
        CHECK(has_no_children());
    }());
}
