// SPDX-License-Identifier: BSL-1.0
// Only arming takes memory: where there is none left, timers are still disarmed and fire, however many have to be moved
// from the lists of the later ones to the near ones.
#include "../sanitized.hpp"

#include <coil/runtime/sched/timer_queue.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace {
std::atomic<bool> exhausted{false};
}

#ifndef UNDER_THREAD_SANITIZER
void* operator new(std::size_t size) {
    void* const p = exhausted ? nullptr : std::malloc(size);
    if (!p) throw std::bad_alloc();
    return p;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto a = static_cast<std::size_t>(alignment);
    void* const p = exhausted ? nullptr : std::aligned_alloc(a, (size + a - 1) / a * a);
    if (!p) throw std::bad_alloc();
    return p;
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}
#endif

namespace {

std::int64_t last = 0;
std::size_t fired = 0, early = 0;

struct counted : coil::timer {
    counted() : timer(&ring) {}
    static void ring(timer& t) noexcept {
        const std::int64_t deadline = t.deadline.time_since_epoch().count();
        early += deadline < last;
        last = deadline;
        ++fired;
    }
};

// The deadlines of one round; each round has the lists of other levels to fill.
std::int64_t deadline(int round, std::uint64_t i) {
    const std::uint64_t any = (i + 1) * 0x9e3779b97f4a7c15ULL;
    switch (round) {
    case 0:
        return static_cast<std::int64_t>(any >> 34);
    case 1:
        return any >> 58 == 0 ? 1 : 1000;  // two deadlines, and most have the second
    case 2:
        return static_cast<std::int64_t>(any >> 1 >> (any & 63) % 60);
    default:
        return std::int64_t{60'000'000'000} + static_cast<std::int64_t>(any >> 54);
    }
}

}  // namespace

int main() {
    constexpr std::size_t timers = 50'000;
    for (int round = 0; round != 4; ++round) {
        std::vector<counted> all(timers);
        coil::timer_queue queue;  // a new one: it has no memory from before
        last = INT64_MIN;
        fired = early = 0;
        for (std::size_t i = 0; i != timers; ++i) {
            all[i].deadline = coil::time_point(coil::nanoseconds(deadline(round, i)));
            queue.arm(all[i]);
        }
        exhausted = true;
        std::size_t disarmed = 0;
        for (std::size_t i = 0; i < timers; i += 3)
            disarmed += queue.disarm(all[i]);
        queue.fire_due(coil::never);
        exhausted = false;
        std::printf("round %d: %zu disarmed, %zu fired, %zu too early\n", round, disarmed, fired, early);
        if (disarmed != (timers + 2) / 3 || disarmed + fired != timers || early != 0) return 1;
    }
}
