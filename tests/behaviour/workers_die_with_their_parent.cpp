// SPDX-License-Identifier: BSL-1.0
// A parent is killed while its workers, of a pool and started ones, are in endless loops or waiting: all of them end.
#include <coil/process.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include "bad_day.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace process = coil::process;

namespace {

int spins(int) {
    volatile std::uint64_t n = 0;  // of what nobody sees a compiler may think that it ends
    for (;;) n = n + 1;
}
void waits() {
    for (;;) ::pause();
}
int number(int) { return ::getpid(); }

// Tells the pids of its workers on standard output, once they run, and goes on for ever.
coil::task<> parent() {
    process::pool busy{2};
    process::pool idle{1};
    auto started = co_await process::start<&waits>();
    std::vector<int> pids = co_await busy.map<&number>(std::vector<int>(64), {.chunk = 1});
    while (std::ranges::count(busy.pids(), -1) != 0) co_await coil::yield();
    pids = busy.pids();
    pids.push_back(co_await idle.call<&number>(0));
    pids.push_back(started.pid());
    auto a = coil::spawn(busy.call<&spins>(1));
    auto b = coil::spawn(busy.call<&spins>(2));
    co_await coil::sleep_for(std::chrono::milliseconds(50));
    for (const int pid : pids) std::printf("%d\n", pid);
    std::puts("end");
    std::fflush(stdout);
    co_await coil::sleep_for(std::chrono::hours(1));
}

// A process that has ended may be a zombie for as long as whoever inherited it likes.
bool lives(const std::string& pid) {
    std::ifstream in("/proc/" + pid + "/stat");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto at = text.rfind(')');
    return at != std::string::npos && at + 2 < text.size() && text[at + 2] != 'Z' && text[at + 2] != 'X';
}

}  // namespace

int main(int argc, char** argv) {
    process::init(argc, argv);
    if (argc > 1 && std::string(argv[1]) == "parent") {
        coil::run(parent());
        return 0;
    }
    bad_day::watchdog guard;
    const int rounds = bad_day::is_full(argc, argv) ? 20 : 1;
    for (int round = 0; round < rounds; ++round) {
        int two[2];
        bad_day::expect(::pipe2(two, O_CLOEXEC) == 0, "a pipe");
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, two[1], 1);
        std::string self = "/proc/self/exe", word = "parent";
        char* const arguments[] = {self.data(), word.data(), nullptr};
        pid_t pid = 0;
        bad_day::expect(::posix_spawn(&pid, self.c_str(), &actions, nullptr, arguments, environ) == 0, "a parent");
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(two[1]);
        std::vector<std::string> pids;
        std::FILE* const lines = ::fdopen(two[0], "r");
        char line[64];
        while (std::fgets(line, sizeof(line), lines) && std::string(line) != "end\n")
            pids.push_back(std::string(line).substr(0, std::string(line).size() - 1));
        bad_day::expect_equal(pids.size(), std::size_t{4}, "workers");
        for (const auto& p : pids) bad_day::expect(lives(p), "worker " + p + " lives before");
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        std::fclose(lines);
        for (const auto& p : pids) {
            for (int i = 0; i < 6000 && lives(p); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
            bad_day::expect(!lives(p), "worker " + p + " has ended");
        }
    }
    return bad_day::verdict();
}
