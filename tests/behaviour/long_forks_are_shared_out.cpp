// SPDX-License-Identifier: BSL-1.0
// Two forked children that wait for each other end on a pool of two: a private place in a deque would keep the second from
// ever beginning. On a pool whose workers have hardly begun, and where the other worker was busy when the fork was made.
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <atomic>
#include <thread>

namespace {

void await(const std::atomic<int>& seen, int wanted) {
    while (seen.load() < wanted)
        std::this_thread::yield();
}

coil::task<> child(std::atomic<int>& begun) {
    ++begun;
    await(begun, 2);
    co_return;
}

coil::task<> forks(std::atomic<int>& begun) {
    co_await coil::when_all(child(begun), child(begun));
}

coil::task<> occupies(std::atomic<int>& occupied, std::atomic<int>& begun) {
    occupied = 1;
    await(begun, 1);
    co_return;
}

coil::task<> forks_beside(std::atomic<int>& occupied, std::atomic<int>& begun) {
    await(occupied, 1);
    co_await forks(begun);
}

}  // namespace

int main() {
    const bad_day::watchdog ends_a_hang;
    for (int round = 0; round != 200; ++round) {
        std::atomic<int> begun{0};
        coil::thread_pool two(2);
        coil::run(coil::on_pool(forks(begun), two));
        ++bad_day::progress;
    }
    coil::thread_pool two(2);
    for (int round = 0; round != 200; ++round) {
        std::atomic<int> occupied{0}, begun{0};
        auto both = [&]() -> coil::task<> {
            auto neighbour = coil::spawn_on(two, occupies(occupied, begun));
            co_await coil::spawn_on(two, forks_beside(occupied, begun));
            co_await neighbour;
        };
        coil::run(both());
        ++bad_day::progress;
    }
    return bad_day::verdict();
}
