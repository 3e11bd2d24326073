// SPDX-License-Identifier: BSL-1.0
// Two tasks posted to a pool of two, one after the other, the first of which ends only once the second has run: whoever
// takes the first has to wake somebody for the second, at whatever moment of falling asleep the posts came.
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <atomic>
#include <thread>

namespace {

coil::task<> waits(const std::atomic<bool>& ran) {
    while (!ran)
        std::this_thread::yield();
    co_return;
}

coil::task<> lets_go(std::atomic<bool>& ran) {
    ran = true;
    co_return;
}

}  // namespace

int main() {
    const bad_day::watchdog ends_a_hang;
    coil::thread_pool two(2);
    for (int round = 0; round != 5000; ++round) {
        std::atomic<bool> ran{false};
        auto both = [&]() -> coil::task<> {
            auto first = coil::spawn_on(two, waits(ran));
            co_await coil::spawn_on(two, lets_go(ran));
            co_await first;
        };
        coil::run(both());
        ++bad_day::progress;
    }
    return bad_day::verdict();
}
