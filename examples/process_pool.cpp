// SPDX-License-Identifier: BSL-1.0
// A pool of worker processes: a function mapped over a list with the results in order, an exception that crosses over, a
// worker that dies and costs its item only. More workers than the machine can run at once are a warning, on stderr or
// where the program wants it.
//
// Run it: build/examples/process_pool
// It prints
//    a pool of 5 workers
//    squares: 0 1 4 9 16 25 36 49 64 81
//    in another process: yes
//    of -3: std::domain_error here too: no root of a negative number
//    a worker that died cost its item only: 1 _ 3
//    a pool that is larger than the machine warns: yes
#include <coil/coil.hpp>

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

int square(int x) { return x * x; }
int own_pid() { return ::getpid(); }
double root(double x) {
    if (x < 0) throw std::domain_error("no root of a negative number");
    return std::sqrt(x);
}
int dies_at_2(int x) {
    if (x == 2) std::abort();
    return x;
}

std::atomic<bool> noticed{false};
void notice(std::string_view line) noexcept {
    if (line.find("the machine can run") != line.npos) noticed = true;
}

coil::task<> amain() {
    // More workers than the machine can run at once are a warning on stderr, and work all the same.
    coil::process::pool pool{5};
    std::printf("a pool of %zu workers\n", pool.size());

    std::vector<int> xs;
    for (int i = 0; i < 10; ++i) xs.push_back(i);
    const std::vector<int> squares = co_await pool.map<&square>(xs);
    std::printf("squares:");
    for (const int y : squares) std::printf(" %d", y);
    std::printf("\n");

    const int pid = co_await pool.call<&own_pid>();
    std::printf("in another process: %s\n", pid != ::getpid() ? "yes" : "no");

    try {
        co_await pool.call<&root>(-3.0);
    } catch (const std::domain_error& e) {
        std::printf("of -3: std::domain_error here too: %s\n", e.what());
    }

    std::vector<int> three{1, 2, 3};
    auto outcomes = co_await pool.settle<&dies_at_2>(three);
    std::printf("a worker that died cost its item only:");
    for (auto& o : outcomes) o ? std::printf(" %d", *o) : std::printf(" _");
    std::printf("\n");
    co_await pool.close();

    const coil::log_hook before = coil::set_log_hook(notice);
    coil::process::pool large{std::thread::hardware_concurrency() + 1};
    coil::set_log_hook(before);
    std::printf("a pool that is larger than the machine warns: %s\n", noticed ? "yes" : "no");
    co_await large.close();
}

int main(int argc, char** argv) {
    coil::process::init(argc, argv);  // first: workers are this program, started again, and end in here
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "process_pool: %s\n", e.what());
        return 1;
    }
}
