// SPDX-License-Identifier: BSL-1.0
#include <coil/process/run.hpp>

#include "households.hpp"
#include "stopped.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/temporary.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/run/simulate.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace coil::process;
using namespace process_test;
using namespace std::chrono_literals;

namespace {

// The deadline comes as early as the machine allows: when the program has got so far that it said the word, and has ended
// by itself if it is to.
coil::task<std::string> cut_short(std::string script, std::string word, run_options o, exit_status& end,
                                  bool to_its_end = false) {
    std::string out;
    for (auto limit = 100ms; out.find(word) == std::string::npos || (to_its_end && !end.success()); limit *= 2) {
        o.timeout = limit;
        o.capture = true;
        try {
            co_await run({"sh", "-c", script}, o);
            FAIL("it ended by itself");
        } catch (const coil::process::timed_out& e) {
            out = e.out();
            end = e.completed().status();
        }
    }
    co_return out;
}

}  // namespace

TEST_CASE("run: output, errors and exit code come back") {
    coil::run([]() -> coil::task<> {
        const auto r = co_await run({"sh", "-c", "echo out; echo err >&2; exit 3"}, {.capture = true});
        CHECK(r.out == "out\n");
        CHECK(r.err == "err\n");
        CHECK(r.exit_code() == 3);
        CHECK_FALSE(r.success());
        CHECK(r.args.size() == 3);
        CHECK(r.stages.size() == 1);
        CHECK(r.used().max_resident_kib > 0);
    }());
}

TEST_CASE("run: input is what the program reads; an empty one is given too") {
    coil::run([]() -> coil::task<> {
        const std::string text = "b\na\nb\n", nothing;
        auto r = co_await run({"sort", "-u"}, {.input = text, .capture = true});
        CHECK(r.out == "a\nb\n");
        r = co_await run({"wc", "-c"}, {.input = nothing, .capture = true});
        CHECK(r.out == "0\n");
    }());
}

TEST_CASE("run: any amount goes both ways, and out of both outputs") {
    coil::run([]() -> coil::task<> {
        const std::string text(1 << 20, 'x');
        const auto r = co_await run({"tee", "/dev/stderr"}, {.input = text, .capture = true});
        CHECK((r.out == text));
        CHECK((r.err == text));
    }());
}

TEST_CASE("run: a program that does not read its input is no error") {
    coil::run([]() -> coil::task<> {
        const std::string text(1 << 20, 'x');
        const auto r = co_await run({"true"}, {.input = text, .capture = true});
        CHECK(r.success());
    }());
}

TEST_CASE("run: a missing program is its errno and its name, told from a program's own 127") {
    coil::run([]() -> coil::task<> {
        auto r = co_await coil::as_result(run({"no-such-program", "x"}));
        CHECK(r.error() == std::errc::no_such_file_or_directory);
        CHECK(r.error().message() == "spawn no-such-program: No such file or directory");
        r = co_await coil::as_result(run({"/etc"}));
        CHECK(r.error() == std::errc::permission_denied);
        r = co_await coil::as_result(run({"ls"}, {.cwd = "/no/such/folder"}));
        CHECK(r.error().message() == "spawn ls: change directory to /no/such/folder: No such file or directory");
        const auto own = co_await run({"sh", "-c", "exit 127"});
        CHECK(own.exit_code() == 127);
        CHECK(has_no_children());
    }());
}

TEST_CASE("run: .check throws what happened, with all that the program said") {
    coil::run([]() -> coil::task<> {
        const auto good = co_await run({"true"}, {.check = true});
        CHECK(good.success());
        std::string what, out;
        try {
            co_await run({"sh", "-c", "echo out; echo bad >&2; exit 3"}, {.capture = true, .check = true});
        } catch (const failed& e) {
            what = e.what();
            out = e.out();
            CHECK(e.status().exit_code() == 3);
            CHECK(e.args().at(1) == "-c");
        }
        CHECK(what == "sh: exit code 3: bad");
        CHECK(out == "out\n");
    }());
}

TEST_CASE("run: a signal that ends the program is told") {
    coil::run([]() -> coil::task<> {
        const auto r = co_await run({"sh", "-c", "kill -TERM $$"});
        CHECK(r.signal() == SIGTERM);
        CHECK(r.exit_code() == -SIGTERM);
        CHECK_FALSE(r.status().dumped_core());
    }());
}

TEST_CASE("run: a program that leaves its memory behind is told from one that does not") {
    coil::run([]() -> coil::task<> {
        coil::fs::temporary_folder folder = co_await coil::fs::temporary_folder::make();
        rlimit most{};
        getrlimit(RLIMIT_CORE, &most);
        // what the machine does with it is its own affair: this tells
        const std::string there = "cd " + folder.path().string() + " && ulimit -S -c $(ulimit -H -c) && kill -QUIT $$";
        const bool leaves = WCOREDUMP(std::system(there.c_str()));
        const std::vector<resource_limit> limits{{RLIMIT_CORE, most.rlim_max, most.rlim_max}}, none{{RLIMIT_CORE, 0, 0}};
        const auto with = co_await run({"sh", "-c", "kill -QUIT $$"}, {.cwd = folder.path(), .limits = limits});
        CHECK(with.signal() == SIGQUIT);
        CHECK(with.status().dumped_core() == leaves);
        const auto without = co_await run({"sh", "-c", "kill -QUIT $$"}, {.cwd = folder.path(), .limits = none});
        CHECK(without.signal() == SIGQUIT);
        if (leaves) CHECK_FALSE(without.status().dumped_core());
        co_await folder.remove();
    }());
}

TEST_CASE("run: a deadline ends the whole group; what was written until then comes with the error") {
    coil::run([]() -> coil::task<> {
        exit_status end;
        const std::string out = co_await cut_short("echo $$; sleep 1000 & sleep 1000", "\n", run_options{}, end);
        CHECK(end.signal() == SIGTERM);
        co_await until_group_is_gone(std::stoi(out));
        CHECK(has_no_children());
    }());
}

TEST_CASE("run: at a deadline a program may say good-bye, and is killed if it takes too long for that") {
    coil::run([]() -> coil::task<> {
        exit_status end;
        const std::string polite = "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.01; done";
        const std::string out = co_await cut_short(polite, "up", run_options{.grace = 1h}, end);
        CHECK(out == "up\nbye\n");
        CHECK(end.exit_code() == 5);
        const std::string deaf = "trap '' TERM; echo up; while :; do sleep 0.01; done";
        const std::string more = co_await cut_short(deaf, "up", run_options{.grace = 10ms}, end);
        CHECK(more == "up\n");
        CHECK(end.signal() == SIGKILL);
        const std::string quick = co_await cut_short(polite, "up", run_options{.grace = 0ms}, end);
        CHECK(quick == "up\n");
        CHECK(end.signal() == SIGKILL);
    }());
}

TEST_CASE("run: with a deadline a process that was left behind with the pipe holds nobody up") {
    coil::run([]() -> coil::task<> {
        exit_status end;
        const std::string out = co_await cut_short("sleep 1000 & echo hi", "hi", run_options{}, end, true);
        CHECK(out == "hi\n");
        CHECK(has_no_children());
    }());
}

TEST_CASE("run: a stop ends the program and its group, and is thrown when they have ended") {
    coil::run([]() -> coil::task<> {
        word_from_child word;
        const std::vector<descriptor_move> also{{word.number(), 3}};
        auto h = coil::spawn(run({"sh", "-c", "echo $$ >&3; exec 3>&-; sleep 1000 & sleep 1000"}, {.descriptors = also}));
        const int group = co_await word.read();
        h.cancel();
        const bool stopped = co_await process_test::ends_stopped(h);
        CHECK(stopped);
        CHECK(has_no_children());
        co_await until_group_is_gone(group);
    }());
}

TEST_CASE("run: what is stopped before it begins starts nothing") {
    coil::run([]() -> coil::task<> {
        auto h = coil::spawn(run({"sh", "-c", "exit 1"}));
        h.cancel();
        const bool stopped = co_await process_test::ends_stopped(h);
        CHECK(stopped);
        CHECK(has_no_children());
    }());
}

TEST_CASE("run: in a simulation there are no processes, and it says so") {
    coil::sim::run(1, []() -> coil::task<> {
        const auto r = co_await coil::as_result(run({"true"}));
        CHECK(r.error() == std::errc::operation_not_supported);
        CHECK(r.error().message().starts_with("spawn true: processes cannot be simulated"));
    }());
}
