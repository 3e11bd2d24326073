// SPDX-License-Identifier: BSL-1.0
// A fiber that runs off its stack is named, and ends the process, instead of writing to what lies below; other faults, and
// handlers of them that were there before, are left as they were.
#include "child_program.hpp"

#include <coil/runtime.hpp>

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

// Each call keeps an array of its own alive until those below it have returned.
[[gnu::noinline]] long recurse(long depth) {
    volatile char mine[2000];
    mine[depth % 2000] = 1;
    if (depth != 0) mine[(depth + 7) % 2000] = static_cast<char>(recurse(depth - 1));
    return mine[depth % 2000] + depth;
}

void overflow() {
    coil::await(coil::yield());
    std::printf("%ld\n", recurse(10'000'000));
}

coil::task<> on_the_loop() {
    auto other = coil::spawn(coil::fiber([] { coil::await(coil::sleep_for(std::chrono::hours(1))); }), {.daemon = true});
    auto h = coil::spawn(coil::fiber(overflow), {.name = "deep one"});
    co_await h;
}
coil::task<> on_a_worker() {
    auto h = coil::spawn_on(coil::pool(), coil::fiber(overflow, {.stack_size = 1 << 20}), {.name = "deep one"});
    co_await h;
}

char* forbidden = nullptr;
volatile sig_atomic_t handled = 0;

void mend(int, siginfo_t* info, void*) {
    handled = handled + 1;
    if (info->si_addr != forbidden) {
        static const char text[] = "the handler before\n";
        (void)!::write(2, text, sizeof text - 1);
        ::_exit(42);
    }
    ::mprotect(forbidden, 4096, PROT_READ | PROT_WRITE);
}
void handle_before() {
    struct sigaction own = {};
    own.sa_sigaction = &mend;
    own.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigaction(SIGSEGV, &own, nullptr);
    forbidden = static_cast<char*>(::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
void touch_forbidden() {
    ::mprotect(forbidden, 4096, PROT_NONE);
    *static_cast<volatile char*>(forbidden) = 1;
}

void fault() {
    coil::await(coil::yield());
    char* volatile nowhere = nullptr;
    *static_cast<volatile char*>(nowhere) = 1;
}

int child(const std::string& which) {
    if (which == "loop") coil::run(on_the_loop());
    if (which == "worker") coil::run(on_a_worker(), {.pool_size = 1});
    if (which == "fault") coil::run(coil::fiber(fault));
    if (which == "handled") {
        handle_before();
        coil::run(on_the_loop());
    }
    if (which == "mended") {
        handle_before();
        coil::run(coil::fiber(touch_forbidden));
        touch_forbidden();
        coil::run(coil::fiber(touch_forbidden));
        return handled == 3 ? 0 : 1;
    }
    if (which == "sent") {
        coil::run(coil::fiber([] {}));
        ::raise(SIGSEGV);
    }
    return 1;
}

int wrong = 0;
void expect(bool truth, const char* what, const child_program& c) {
    std::printf("%s: %s\n", what, truth ? "right" : "WRONG");
    if (!truth) {
        std::printf("exit %d, signal %d, output: %s\n", c.exit_code(), c.signal(), c.output().c_str());
        ++wrong;
    }
}

// By the signal, or by the report of a sanitizer.
bool ended_badly(const child_program& c) {
    return c.signal() == SIGSEGV || (c.signal() == 0 && c.exit_code() != 0);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2) return child(argv[1]);
    for (const char* where : {"loop", "worker"}) {
        const child_program c(where);
        expect(ended_badly(c), "it ends the process", c);
        expect(c.says("stack overflow in fiber"), "it is said", c);
        expect(c.says("\"deep one\"") && c.says("stack_overflow_names_the_fiber.cpp:"), "with its name and place", c);
    }
    const child_program fault("fault");
    expect(ended_badly(fault) && !fault.says("stack overflow in fiber"), "another fault is no overflow", fault);
    const child_program told("handled");
    expect(told.says("stack overflow in fiber") && told.says("the handler before") && told.exit_code() == 42,
           "the handler from before has its turn", told);
    const child_program mended("mended");
    expect(mended.exit_code() == 0, "a handler that mends a fault goes on mending", mended);
    const child_program sent("sent");
    expect(ended_badly(sent), "a signal that was sent does what it did before", sent);
    return wrong == 0 ? 0 : 1;
}
