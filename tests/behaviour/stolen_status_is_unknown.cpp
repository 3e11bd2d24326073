// SPDX-License-Identifier: BSL-1.0
// Some other part of the program takes the status of every child (waitpid(-1) in a loop), or has told the kernel to throw
// them away (SIGCHLD ignored). Every wait returns all the same: with the child's own status, or with "unknown".
#include "bad_day.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace bad_day;
namespace process = coil::process;

coil::task<> seven() {
    const auto r = co_await process::run({"sh", "-c", "exit 7"});
    expect(!r.status().known() || r.exit_code() == 7, "a status is the child's own or unknown: " + to_string(r.status()));
}

coil::task<> all(long count) {
    for (long i = 0; i < count; i += 5) {
        std::vector<coil::task<>> some;
        for (int n = 0; n != 5; ++n)
            some.push_back(seven());
        co_await coil::when_all(std::move(some));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const watchdog w;
    const long count = is_full(argc, argv) ? 1000 : 20;
    std::atomic<bool> over{false};
    std::thread thief([&over] {
        while (!over)
            if (::waitpid(-1, nullptr, WNOHANG) <= 0) std::this_thread::yield();
    });
    coil::run(all(count));
    over = true;
    thief.join();
    std::signal(SIGCHLD, SIG_IGN);
    coil::run(all(count));
    std::signal(SIGCHLD, SIG_DFL);
    coil::run(all(5));
    return verdict();
}
