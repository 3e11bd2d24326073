// SPDX-License-Identifier: BSL-1.0
// A program that knows nothing of it is asked by the environment: what it did is in the trace however it ends, a loop that
// is kept is reported, a signal dumps its tasks. What means nothing is said in a line, and changes nothing; a signal that
// the program wants itself is the program's.
#include "../debug/json.hpp"
#include "../sanitized.hpp"
#include "bad_day.hpp"
#include "child_program.hpp"

#include <coil/coil.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using bad_day::expect;
using coil::task;
using namespace std::chrono_literals;

task<> a_little() {
    co_await coil::yield();
    co_await coil::sleep_for(1ms);
}
task<> fails() {
    co_await coil::yield();
    throw std::runtime_error("out");
}

// The dump goes to stderr, which is a pipe here.
int reads_from = -1;
std::string dumped_until(const std::string& wanted) {
    std::string text;
    char buffer[4096];
    for (ssize_t n; text.find(wanted) == std::string::npos && (n = ::read(reads_from, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    return text;
}
task<> asks_for_a_dump(coil::event& never) {
    auto waiter = coil::spawn([](coil::event& e) -> task<> { co_await e.wait(); }(never), {.name = "the one that waits"});
    co_await coil::yield();
    ::kill(::getpid(), SIGQUIT);
    const std::string text = co_await coil::blocking([] { return dumped_until("the one that waits"); });
    std::fputs(text.c_str(), stdout);
    never.set();
    co_await waiter;
}
int dumps() {
    int ends[2];
    if (::pipe(ends) != 0) return 9;
    ::dup2(ends[1], 2);
    reads_from = ends[0];
    coil::event e;
    coil::run(asks_for_a_dump(e));
    struct sigaction now {};
    ::sigaction(SIGQUIT, nullptr, &now);
    return now.sa_handler == SIG_DFL ? 0 : 8;
}

task<> wants_the_signal() {
    coil::stop_on({SIGQUIT});
    ::raise(SIGQUIT);
    co_await coil::sleep_for(1h);
}
task<> has_a_set() {
    coil::signal_set mine{SIGQUIT};
    ::raise(SIGQUIT);
    const auto got = co_await mine.next();
    expect(got.number == SIGQUIT, "a set gets another signal");
}

// The handler of the dump wakes no task: whether anything else may still happen is as certain as without it.
int stuck() {
    ::alarm(60);
    coil::event never;
    auto waits = [&never]() -> task<> { co_await never.wait(); };
    try {
        coil::run(waits());
    } catch (const coil::deadlock&) {
        return 0;
    }
    return 6;
}

int child(const std::string& how, const std::string& variable, const std::string& value) {
    ::setenv(variable.c_str(), value.c_str(), 1);
    if (how == "little") coil::run(a_little());
    else if (how == "fails") coil::run(fails());  // nobody catches it
    else if (how == "dumps") return dumps();
    else if (how == "stuck") return stuck();
    else if (how == "stops") {
        try {
            coil::run(wants_the_signal());
        } catch (const coil::cancelled&) {
            return 0;
        }
        return 7;
    } else if (how == "set") coil::run(has_a_set());
    return bad_day::verdict();
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
        ++n;
    return n;
}

child_program run(const std::string& how, const std::string& variable, const std::string& value) {
    ++bad_day::progress;
    return child_program((how + "|" + variable + "|" + value).c_str());
}

void rubbish(const std::string& variable, const std::string& value) {
    const child_program c = run("little", variable, value);
    expect(c.exit_code() == 0, variable + "=" + value + ": the program does not go on");
    expect(count(c.output(), variable) == 1 && c.says(value), variable + "=" + value + ": it says\n" + c.output());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2) {
        const std::string all = argv[1];
        const auto first = all.find('|'), second = all.find('|', first + 1);
        return child(all.substr(0, first), all.substr(first + 1, second - first - 1), all.substr(second + 1));
    }
    const bad_day::watchdog watchdog;
    std::string folder = (std::filesystem::temp_directory_path() / "coil-asked-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 77;

    rubbish("COIL_WATCHDOG", "soon");
    rubbish("COIL_DUMP_SIGNAL", "KILL");
    rubbish("COIL_TRACE", folder + "/not there/trace.json");
    rubbish("COIL_TRACE", "/dev/full");
    {
        const child_program c = run("little", "COIL_WATCHDOG", "1ns");
        expect(c.exit_code() == 0 && c.says("coil: a task kept its loop for "), "a loop that is kept: it says\n" + c.output());
    }
    for (const char* how : {"little", "fails"}) {
        const std::string path = folder + "/" + how + ".json";
        const child_program c = run(how, "COIL_TRACE", path);
        expect((c.signal() == SIGABRT) == (std::string(how) == "fails"), std::string(how) + ": it ends in another way");
        std::ifstream in(path);
        try {
            const json::value v = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
            expect(v.items.size() >= 4, std::string(how) + ": the trace is empty");  // two names and two slices
        } catch (const std::exception& e) {
            expect(false, std::string(how) + ": the trace is no JSON: " + e.what());
        }
    }
    {
        const child_program c = run("dumps", "COIL_DUMP_SIGNAL", "QUIT");
        expect(c.exit_code() == 0, "a dump: it ends with " + std::to_string(c.exit_code()));
        expect(c.says("the one that waits"), "a dump: it says\n" + c.output());
    }
#ifndef UNDER_THREAD_SANITIZER  // which has a thread of its own, that might wake somebody
    {
        const child_program c = run("stuck", "COIL_DUMP_SIGNAL", "QUIT");
        expect(c.exit_code() == 0, "a deadlock with a signal that dumps: it is not found");
    }
#endif
    {
        const child_program c = run("stops", "COIL_DUMP_SIGNAL", "SIGQUIT");
        expect(c.exit_code() == 0, "a signal that the program takes: it ends with " + std::to_string(c.exit_code()));
        expect(c.says("COIL_DUMP_SIGNAL: QUIT is taken by coil::stop_on from here on"),
               "a signal that the program takes: it says\n" + c.output());
    }
    {
        const child_program c = run("set", "COIL_DUMP_SIGNAL", "3");
        expect(c.exit_code() == 0 && c.says("COIL_DUMP_SIGNAL: QUIT is taken by a signal_set from here on"),
               "a signal that a set takes: it says\n" + c.output());
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return bad_day::verdict();
}
