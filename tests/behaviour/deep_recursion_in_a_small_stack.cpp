// SPDX-License-Identifier: BSL-1.0
// Awaits 100,000 deep end in 256 KiB of stack: with a value, with an exception from the bottom, with a stop that finds
// the bottom waiting, and through forks. Every frame dies.
#include "../coro/by_hand.hpp"
#include "../coro/counted.hpp"
#include "../coro/forked.hpp"
#include "../coro/gates.hpp"
#include "full_size.hpp"

#include <coil/runtime/base/errors.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>

namespace {

using coil::task;

// The whole depth under the address sanitizer too: that is where the frames of the stack are fattest.
constexpr int depth = 100'000;
constexpr int fork_depth = static_cast<int>(full_size(100'000));

task<int> values(int below) {
    const counted local(below);
    if (below == 0) co_return 0;
    const int v = co_await values(below - 1);
    co_return v + 1;
}

task<int> exception(int below) {
    const counted local(below);
    if (below == 0) throw std::runtime_error("bottom");
    co_return co_await exception(below - 1);
}

task<int> waits(int below, gate& g) {
    const counted local(below);
    if (below == 0) co_return co_await g.pass();
    co_return co_await waits(below - 1, g);
}

task<int> forks(int below) {
    const counted local(below);
    if (below == 0) co_return 0;
    const fork_end end = co_await forked(coil::join::rule::all, children(forks(below - 1)));
    co_return end.children[0].value + 1;
}

bool failed = false;
void expect(bool truth, const char* what) {
    if (truth && counted::living == 0 && counted::mistakes == 0) return;
    failed = true;
    std::printf("%s: %s; %d objects left, %d lived wrongly\n", what, truth ? "ended" : "WRONG", counted::living.load(),
                counted::mistakes.load());
}

}  // namespace

int main() {
    expect(run_by_hand(values(depth)) == depth, "values");

    std::string text;
    try {
        run_by_hand(exception(depth));
    } catch (const std::runtime_error& e) {
        text = e.what();
    }
    expect(text == "bottom", "exception");

    for (const bool stop : {false, true}) {
        coil::manual_executor home;
        noting_owner owner;
        gate g;
        bool right = false;
        {
            spawned h(home, owner, waits(depth, g));
            h.start();
            home.drain();
            if (stop) h->cancel("");
            else g.open();
            home.drain();
            try {
                right = h.take() == 1 && !stop;
            } catch (const coil::cancelled&) {
                right = stop;
            }
        }
        expect(right, stop ? "stopped at the bottom" : "resumed at the bottom");
    }

    expect(run_by_hand(forks(fork_depth)) == fork_depth, "forks");
    return failed ? 1 : 0;
}
