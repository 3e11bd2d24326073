// SPDX-License-Identifier: BSL-1.0
// A recursive mutex: a task holds it and calls a function that takes it again, while two daemon tasks take it in turn for
// as long as the program runs. With a plain mutex the same program would wait for itself; coil reports that at the line.
//
// Run it: build/examples/locked_again
// It prints
//    outer: holds it, depth 1
//    inner: holds it again, depth 2
//    outer: holds it still, depth 1
//    the daemons took turns: yes
//    a plain mutex: reported as a deadlock of one
#include <coil/coil.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <system_error>

namespace {

coil::task<> inner(coil::recursive_mutex& m) {
    auto guard = co_await m.lock();
    std::printf("inner: holds it again, depth %u\n", m.depth());
    co_await coil::yield();
}

coil::task<> outer(coil::recursive_mutex& m, const int& turns) {
    auto guard = co_await m.lock();
    const int before = turns;
    std::printf("outer: holds it, depth %u\n", m.depth());
    co_await inner(m);
    std::printf("outer: holds it still, depth %u\n", m.depth());
    if (turns != before) throw std::runtime_error("a daemon came in between");
}

coil::task<> takes_turns(coil::recursive_mutex& m, int& turns) {
    for (;;) {
        auto guard = co_await m.lock();
        ++turns;
        co_await coil::yield();
    }
}

coil::task<> twice(coil::mutex& m) {
    auto guard = co_await m.lock();
    auto again = co_await m.lock();
}

coil::task<> amain() {
    coil::recursive_mutex m;
    int first = 0, second = 0;
    auto one = coil::spawn(takes_turns(m, first), {.daemon = true});
    auto two = coil::spawn(takes_turns(m, second), {.daemon = true});
    co_await outer(m, first);
    for (int i = 0; i != 10; ++i) co_await coil::yield();
    std::printf("the daemons took turns: %s\n", first > 1 && second > 1 ? "yes" : "no");
    one.cancel();
    two.cancel();
    (void)co_await coil::settle(one, two);  // they refer to what lives here

    coil::mutex plain;
    const auto outcome = co_await coil::as_result(twice(plain));
    const bool reported = !outcome.has_value() && outcome.error() == std::errc::resource_deadlock_would_occur;
    std::printf("a plain mutex: %s\n", reported ? "reported as a deadlock of one" : "not reported");
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "locked_again: %s\n", e.what());
        return 1;
    }
}
