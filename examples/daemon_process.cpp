// SPDX-License-Identifier: BSL-1.0
// Processes that are started and ended: one that is terminated and joined, one whose function returns an exit code, and
// a daemon, which the end of the run terminates.
//
// Run it: build/examples/daemon_process
// It prints
//    waiter is alive: true
//    waiter was terminated and joined: exit code -15
//    waiter is alive: false
//    the sum is the exit code: 7
//    a daemon goes on: true
//    main is over
#include <coil/coil.hpp>

#include <chrono>
#include <cstdio>
#include <exception>

using namespace std::chrono_literals;

coil::task<> waits_for_ever() {
    for (;;) co_await coil::sleep_for(1h);
}
int adds(int a, int b) { return a + b; }

const char* word(bool b) { return b ? "true" : "false"; }

coil::task<> amain() {
    coil::process::worker waiter = co_await coil::process::start<&waits_for_ever>({.name = "waiter"});
    std::printf("%s is alive: %s\n", waiter.name().c_str(), word(waiter.alive()));
    waiter.terminate();
    const coil::process::worker_status end = co_await waiter.join();
    std::printf("waiter was terminated and joined: exit code %d\n", end.exit_code());
    std::printf("waiter is alive: %s\n", word(waiter.alive()));

    coil::process::worker sum = co_await coil::process::start<&adds>(3, 4);
    const coil::process::worker_status seven = co_await sum.join();
    std::printf("the sum is the exit code: %d\n", seven.exit_code());

    coil::process::worker d = co_await coil::process::start<&waits_for_ever>({.name = "d", .daemon = true});
    std::printf("a daemon goes on: %s\n", word(d.alive()));
}

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    try {
        coil::run(amain());  // terminates the daemon at its end; it would wait for another process
    } catch (const std::exception& e) {
        std::fprintf(stderr, "daemon_process: %s\n", e.what());
        return 1;
    }
    std::printf("main is over\n");
}
