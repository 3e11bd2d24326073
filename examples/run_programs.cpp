// SPDX-License-Identifier: BSL-1.0
// Running programs: what Python does with subprocess.run. What a program said; one that is cut short while other work goes
// on beside it; exit codes; a program that is missing; one that fails where that is an error; a pipeline.
//
// Run it: build/examples/run_programs
// It prints
//    echo said: hello from a child
//    a sleep of 10 s was cut short, after <n > 0> ticks of other work
//    exit code 3, and it was no success
//    no such program: spawn not-a-program: No such file or directory
//    with check: ls: exit code 2
//    sorted: apple banana cherry
//    a pipeline counted 2 different words
#include <coil/coil.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>

namespace {

using namespace std::chrono_literals;
namespace process = coil::process;

coil::task<> tick(int& ticks) {
    for (;;) {
        co_await coil::sleep_for(1ms);
        ++ticks;
    }
}

coil::task<> cut_short() {
    int ticks = 0;
    auto beside = coil::spawn(tick(ticks), {.name = "other work", .daemon = true});
    try {
        co_await process::run({"sleep", "10"}, {.timeout = 50ms});
    } catch (const coil::timed_out&) {
        std::printf("a sleep of 10 s was cut short, after %d ticks of other work\n", ticks);
    }
    beside.cancel();
    co_await beside.join_for(1h);  // it refers to a variable of this function
}

coil::task<> amain() {
    const auto said = co_await process::run({"echo", "hello from a child"}, {.capture = true});
    std::printf("echo said: %s", said.out.c_str());
    co_await cut_short();

    const auto r = co_await process::run({"sh", "-c", "exit 3"});
    std::printf("exit code %d, and it was %s success\n", r.exit_code(), r.success() ? "a" : "no");
    try {
        co_await process::run({"not-a-program"});
    } catch (const std::system_error& e) {
        std::printf("no such program: %s\n", e.what());
    }
    try {
        co_await process::run({"ls", "/no/such/file"}, {.capture = true, .check = true});
    } catch (const process::failed& e) {
        std::printf("with check: ls: %s\n", to_string(e.status()).c_str());
    }

    const std::string words = "cherry\napple\nbanana\n";
    auto sorted = co_await process::run({"sort"}, {.input = words, .capture = true, .timeout = 1min});
    std::replace(sorted.out.begin(), sorted.out.end(), '\n', ' ');
    sorted.out.pop_back();
    std::printf("sorted: %s\n", sorted.out.c_str());
    const auto count = co_await (process::command("printf", "b\\na\\nb\\n") | process::command("sort", "-u") |
                                 process::command("wc", "-l"))
                           .run({.capture = true});
    std::printf("a pipeline counted %d different words\n", std::stoi(count.out));
}

}  // namespace

int main() {
    coil::run(amain());
}
