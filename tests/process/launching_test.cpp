// SPDX-License-Identifier: BSL-1.0
#include <coil/process/launching.hpp>

#include "held_program.hpp"
#include "households.hpp"
#include "stopped.hpp"

#include <coil/process/run.hpp>
#include <coil/process/spawn.hpp>
#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/io/temporary.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

using namespace coil::process;
using namespace process_test;

namespace {

// Runs a test with a program whose exec waits until the test lets it go.
template <class F>
void with_held(const std::string& text, F body) {
    coil::run([](std::string script, F test) -> coil::task<> {
        coil::fs::temporary_folder folder = co_await coil::fs::temporary_folder::make();
        {
            held_program p((folder.path() / "held").string(), script);
            if (p.holds()) co_await test(p);
            else MESSAGE("no exec can be held here");
        }
        co_await folder.remove();
    }(text, std::move(body)));
}

coil::task<> until_wanted(const held_program& p) {
    while (!p.is_wanted())
        co_await coil::sleep_for(std::chrono::milliseconds(1));
}

coil::task<std::string> output_of(std::string path, int death_signal) {
    child c = co_await spawn({path, "one", "two"}, {.out = piped, .death_signal = death_signal});
    const completed r = co_await c.communicate();
    co_return r.out;
}

const std::string script = "#!/bin/sh\necho $1 $2 ${COIL_TEST_BEFORE-none} ${COIL_TEST_AFTER-none}\n";

}  // namespace

TEST_CASE("launching: while an exec waits others have the thread, and the child finds all as it was when it was made") {
    for (const int death_signal : {0, SIGKILL}) {
        with_held(script, [death_signal](held_program& p) -> coil::task<> {
            setenv("COIL_TEST_BEFORE", "before", 1);
            auto h = coil::spawn(output_of(p.path(), death_signal));
            co_await until_wanted(p);
            // the list of the environment moves
            for (int i = 0; i != 100; ++i)
                setenv(("COIL_TEST_" + std::to_string(i)).c_str(), "", 1);
            setenv("COIL_TEST_AFTER", "after", 1);
            // and so does other memory; what is made now gets none that is in use
            const completed other = co_await run({"echo", "three"}, {.capture = true});
            CHECK(other.out == "three\n");
            CHECK_FALSE(h.done());
            p.let_go();
            const std::string out = co_await h;
            CHECK(out == "one two before none\n");
            unsetenv("COIL_TEST_BEFORE");
            unsetenv("COIL_TEST_AFTER");
            for (int i = 0; i != 100; ++i)
                unsetenv(("COIL_TEST_" + std::to_string(i)).c_str());
        });
    }
}

TEST_CASE("launching: a spawn that is stopped while its exec waits leaves no child and no descriptor") {
    for (const int death_signal : {0, SIGKILL}) {
        with_held(script, [death_signal](held_program& p) -> coil::task<> {
            const std::size_t before = open_descriptors();
            auto h = coil::spawn(output_of(p.path(), death_signal));
            co_await until_wanted(p);
            h.cancel();
            const bool stopped = co_await ends_stopped(h);
            CHECK(stopped);
            CHECK(p.is_wanted());
            CHECK(has_no_children());
            CHECK(open_descriptors() <= before);
        });
    }
}

TEST_CASE("launching: on the pool too an exec waits and is stopped") {
    with_held(script, [](held_program& p) -> coil::task<> {
        auto stopped = coil::spawn(coil::on_pool(output_of(p.path(), 0)));
        auto goes_on = coil::spawn(coil::on_pool(output_of(p.path(), 0)));
        co_await until_wanted(p);
        stopped.cancel();
        const bool ended = co_await ends_stopped(stopped);
        CHECK(ended);
        p.let_go();
        const std::string out = co_await goes_on;
        CHECK(out == "one two none none\n");
        CHECK(has_no_children());
    });
}

TEST_CASE("launching: 64 whose execs wait at once keep out of each other's way") {
    with_held("#!/bin/sh\nexit $1\n", [](held_program& p) -> coil::task<> {
        for (int round = 0; round != 2; ++round) {
            int ended = 0;
            const auto one = [](std::string path, int code, int& count) -> coil::task<> {
                const completed r = co_await run({path, std::to_string(code)});
                CHECK(r.exit_code() == code);
                ++count;
            };
            std::vector<coil::task<>> all;
            for (int i = 0; i != 64; ++i)
                all.push_back(one(p.path(), i, ended));
            // the last to begin
            all.push_back([](held_program& held, const int& count) -> coil::task<> {
                CHECK(count == 0);
                held.let_go();
                co_return;
            }(p, ended));
            if (round != 0) all.pop_back();  // on stacks that were used before
            co_await coil::when_all(std::move(all));
            CHECK(ended == 64);
        }
    });
}

TEST_CASE("launching: an exec that fails after it has waited tells why, and leaves no child") {
    with_held("#!/no/such/interpreter\n", [](held_program& p) -> coil::task<> {
        const std::size_t before = open_descriptors();
        auto h = coil::spawn(output_of(p.path(), 0));
        co_await until_wanted(p);
        p.let_go();
        const auto r = co_await coil::as_result(std::move(h));
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error() == std::errc::no_such_file_or_directory);
        CHECK(r.error().message().find(p.path()) != std::string::npos);
        CHECK(r.error().message().find("interpreter") != std::string::npos);
        CHECK(has_no_children());
        CHECK(open_descriptors() <= before - 1);  // the program's
    });
}

TEST_CASE("launching: a child that a stranger kills while its exec waits has ended so") {
    for (const int number : {SIGKILL, SIGQUIT}) {
        with_held(script, [number](held_program& p) -> coil::task<> {
            const child leader = co_await spawn({"sleep", "1000"});
            const std::vector<resource_limit> no_core{{RLIMIT_CORE, 0, 0}};
            auto h = coil::spawn(spawn({p.path()}, {.process_group = join_group(leader.pid()), .limits = no_core}));
            co_await until_wanted(p);
            kill(-leader.pid(), number);
            const child c = co_await h;
            const exit_status end = co_await c.wait();
            CHECK(end.signal() == number);
            co_await leader.wait();
            CHECK(has_no_children());
        });
    }
}

TEST_CASE("launching: children that are to end with their parent do not wait for each other's exec") {
    with_held(script, [](held_program& p) -> coil::task<> {
        auto h = coil::spawn(output_of(p.path(), SIGKILL));
        co_await until_wanted(p);
        const std::string out = co_await output_of("/bin/echo", SIGKILL);
        CHECK(out == "one two\n");
        CHECK_FALSE(h.done());
        p.let_go();
        co_await h;
    });
}
