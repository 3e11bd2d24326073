// SPDX-License-Identifier: BSL-1.0
// Daemons: a task that would go on for ever does not keep the program alive. When main and the other tasks have ended
// it is stopped where it waits, and its destructors run. A daemon can be joined like any other task.
//
// Run it: build/examples/daemon
// It prints
//    watcher: on duty
//    worker: 3 items done
//    main: the worker brought 3
//    helper: done
//    main: joined the helper, and ends
//    straggler: main has ended, and I go on to my end
//    watcher: off duty
//    the run is over
#include <coil/coil.hpp>

#include <chrono>
#include <cstdio>
#include <exception>

using namespace std::chrono_literals;

namespace {

// Stands for whatever a daemon must put in order at its end: a file, a lock, a connection.
struct duty {
    duty() { std::puts("watcher: on duty"); }
    duty(const duty&) = delete;
    duty& operator=(const duty&) = delete;
    ~duty() { std::puts("watcher: off duty"); }
};

coil::task<> watcher() {
    const duty held;
    for (;;)
        co_await coil::sleep_for(1h);  // throws coil::cancelled when the run ends; catch it only to rethrow it
}

coil::task<int> worker() {
    int done = 0;
    while (done != 3) {
        co_await coil::sleep_for(1ms);
        ++done;
    }
    std::printf("worker: %d items done\n", done);
    co_return done;
}

coil::task<> helper() {
    co_await coil::sleep_for(1ms);
    std::puts("helper: done");
}

coil::task<> straggler() {
    co_await coil::yield();
    std::puts("straggler: main has ended, and I go on to my end");
}

coil::task<> amain() {
    (void)coil::spawn(watcher(), {.name = "watcher", .daemon = true});

    auto busy = coil::spawn(worker(), {.name = "worker"});
    const int items = co_await busy;
    std::printf("main: the worker brought %d\n", items);

    auto joined = coil::spawn(helper(), {.name = "helper", .daemon = true});
    co_await joined;

    (void)coil::spawn(straggler(), {.name = "straggler"});  // no daemon: the run waits for it
    std::puts("main: joined the helper, and ends");
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "daemon: %s\n", e.what());
        return 1;
    }
    std::puts("the run is over");
}
