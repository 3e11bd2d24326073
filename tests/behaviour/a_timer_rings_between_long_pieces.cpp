// SPDX-License-Identifier: BSL-1.0
// One worker, one task that computes in long pieces with a yield after each, one that sleeps for a moment: the sleeper is
// back after a few pieces, not after as many turns as a worker takes between two looks when turns are short.
#include <coil/runtime.hpp>

#include <chrono>
#include <cstdio>

namespace {

constexpr int pieces = 30;
int done = 0, seen_by_sleeper = -1;

coil::task<> computes(coil::thread_pool& p) {
    for (; done != pieces; ++done) {
        // long by the measure of the one who looks; a slow machine makes it longer, and that is as well
        for (const auto begin = p.stamp(); p.stamp() - begin < 1'000'000;) {}
        co_await coil::yield();
    }
}

coil::task<> sleeps() {
    co_await coil::sleep_for(std::chrono::microseconds(1));
    seen_by_sleeper = done;
}

}  // namespace

int main() {
    coil::thread_pool one(1);
    auto both = [&]() -> coil::task<> {
        auto sleeper = coil::spawn_on(one, sleeps());
        co_await coil::spawn_on(one, computes(one));
        co_await sleeper;
    };
    coil::run(both());
    std::printf("the sleeper was back after %d of %d pieces\n", seen_by_sleeper, pieces);
    return seen_by_sleeper <= 5 ? 0 : 1;
}
