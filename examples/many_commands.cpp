// SPDX-License-Identifier: BSL-1.0
// A runner of many commands, as make -j or xargs -P: so many at a time, each with a time limit; in the end a line for
// each, and a summary. A command that is missing, fails, or takes too long costs the others nothing.
//
// Run it: build/examples/many_commands [most at a time] [command...]
// It prints
//    ok      true
//    failed  false: exit code 1
//    late    sleep 1000
//    missing not-a-program
//    ok      echo a, which said a
//    5 commands, 2 of them ok, never more than 2 at a time
#include <coil/coil.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace process = coil::process;

struct tally {
    int running = 0, most = 0, good = 0;
};

std::vector<std::string> words(const std::string& command) {
    std::istringstream in(command);
    std::vector<std::string> list;
    for (std::string word; in >> word;)
        list.push_back(word);
    return list;
}

// What happened to a command, in a line.
coil::task<std::string> outcome(const std::string& command, tally& t) {
    t.most = std::max(t.most, ++t.running);
    std::string line;
    try {
        const auto r = co_await process::run(words(command), {.capture = true, .timeout = 5s});
        if (r.success()) ++t.good;
        line = r.success() ? "ok      " + command : "failed  " + command + ": " + to_string(r.status());
        if (!r.out.empty()) line += ", which said " + r.out.substr(0, r.out.find('\n'));
    } catch (const process::timed_out&) {
        line = "late    " + command;
    } catch (const std::system_error& e) {
        line = (e.code() == std::errc::no_such_file_or_directory ? "missing " : "error   ") + command;
    }
    --t.running;
    co_return line;
}

coil::task<> amain(std::vector<std::string> commands, std::size_t most) {
    tally t;
    std::vector<coil::task<std::string>> all;
    for (const std::string& command : commands)
        all.push_back(outcome(command, t));
    const auto lines = co_await coil::when_all(std::move(all), {.max_in_flight = most});
    for (const std::string& line : lines)
        std::printf("%s\n", line.c_str());
    std::printf("%zu commands, %d of them ok, never more than %d at a time\n", lines.size(), t.good, t.most);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t most = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2;
    std::vector<std::string> commands(argv + std::min(argc, 2), argv + argc);
    if (commands.empty()) commands = {"true", "false", "sleep 1000", "not-a-program", "echo a"};
    coil::run(amain(std::move(commands), std::max<std::size_t>(most, 1)));
}
