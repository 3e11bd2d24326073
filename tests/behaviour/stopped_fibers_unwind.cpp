// SPDX-License-Identifier: BSL-1.0
// Twenty thousand fibers wait when their run ends: each is stopped, each stack unwound, destructors that await included.
#include "../sanitized.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <chrono>

using namespace std::chrono_literals;

namespace {

#ifdef UNDER_A_SANITIZER
constexpr long count = 2'000;  // the thread sanitizer knows 8,128 at most
#else
constexpr long count = 20'000;
#endif

long begun = 0, unwound = 0, cleaned = 0;

struct witness {
    ~witness() { ++unwound; }
};
struct cleans_up {
    ~cleans_up() {
        coil::await(coil::yield());
        ++cleaned;
    }
};

void wait_below(int depth) {
    const witness here;
    if (depth != 0) return wait_below(depth - 1);
    ++begun;
    ++bad_day::progress;
    coil::await(coil::sleep_for(1h));
}

void waits() {
    const cleans_up at_the_end;
    wait_below(2);
}

coil::task<> amain() {
    for (long i = 0; i != count; ++i) {
        auto h = coil::spawn(coil::fiber(waits, {.stack_size = 16 << 10}), {.daemon = true});
        if (i % 100 == 0) co_await coil::yield();
    }
    while (begun != count)
        co_await coil::yield();
}

}  // namespace

int main() {
    const bad_day::watchdog dog;
    for (int round = 1; round != 3; ++round) {
        coil::run(amain());
        bad_day::expect_equal(begun, count, "fibers begun");
        bad_day::expect_equal(unwound, 3 * count, "frames unwound");
        bad_day::expect_equal(cleaned, count, "destructors that awaited");
        begun = unwound = cleaned = 0;
    }
    return bad_day::verdict();
}
