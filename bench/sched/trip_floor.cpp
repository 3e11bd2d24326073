// SPDX-License-Identifier: BSL-1.0
// Rows hop, post and post_awake: futexes and one exchange, by hand.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "../measure/futex.hpp"
#include "../measure/row.hpp"
#include "../measure/trips.hpp"
#include "trip_work.hpp"

namespace {

// One futex wake each way between two threads that sleep.
measure::result futex_trip(std::uint64_t n) {
    measure::futex_flag there;
    measure::futex_flag back;
    std::atomic<bool> ended{false};
    std::thread other([&] {
        for (;;) {
            there.wait();
            if (ended.load(std::memory_order_relaxed)) return;
            back.set();
        }
    });
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        std::this_thread::sleep_for(trip_work::rest);
        t.start();
        there.set();
        back.wait();
        t.stop();
    }
    ended.store(true, std::memory_order_relaxed);
    there.set();
    other.join();
    return t.summary();
}

// Two threads that spin on one line each way.
measure::result spin_trip(std::uint64_t n) {
    alignas(128) std::atomic<std::uint64_t> there{0};
    alignas(128) std::atomic<std::uint64_t> back{0};
    std::thread other([&] {
        for (std::uint64_t i = 1; i <= n; ++i) {
            while (there.load(std::memory_order_acquire) != i) {}
            back.store(i, std::memory_order_release);
        }
    });
    const measure::window w;
    for (std::uint64_t i = 1; i <= n; ++i) {
        there.store(i, std::memory_order_release);
        while (back.load(std::memory_order_acquire) != i) {}
    }
    measure::result r = w.stop(static_cast<double>(n));
    other.join();
    return r;
}

struct posted {
    posted* next;
};

// One exchange a post, on a list that the other thread takes whole.
measure::result exchange_post(std::uint64_t n) {
    alignas(128) std::atomic<posted*> head{nullptr};
    alignas(128) std::atomic<std::uint64_t> seen{0};
    std::atomic<bool> ended{false};
    std::thread loop([&] {
        std::uint64_t count = 0;
        while (!ended.load(std::memory_order_relaxed)) {
            if (head.load(std::memory_order_relaxed) == nullptr) continue;
            for (posted* p = head.exchange(nullptr, std::memory_order_acquire); p != nullptr; ++count) {
                // An exchange first and the link afterwards: a link not yet written is waited for.
                posted* next = nullptr;
                do
                    next = std::atomic_ref(p->next).load(std::memory_order_acquire);
                while (next == p);
                p = next;
            }
            seen.store(count, std::memory_order_release);
        }
    });
    std::vector<posted> nodes(trip_work::burst);
    measure::result total;
    std::uint64_t sent = 0;
    while (sent < n) {
        for (posted& p : nodes)
            p.next = &p;
        const measure::window w;
        for (posted& p : nodes)
            std::atomic_ref(p.next).store(head.exchange(&p, std::memory_order_acq_rel), std::memory_order_release);
        const measure::result r = w.stop(0);
        total.seconds += r.seconds;
        total.cpu_seconds += r.cpu_seconds;
        total.allocations += r.allocations;
        sent += nodes.size();
        while (seen.load(std::memory_order_acquire) != sent) {}
    }
    ended.store(true, std::memory_order_relaxed);
    loop.join();
    total.operations = static_cast<double>(sent);
    return total;
}

const measure::enrol all[] = {
    {"hop_asleep/futex", trip_work::asleep, futex_trip, measure::shape::whole},
    {"hop_awake/spin", trip_work::awake, spin_trip},
    {"post_asleep/futex", trip_work::asleep, futex_trip, measure::shape::whole},
    {"post_awake/exchange", trip_work::posts, exchange_post},
};

}  // namespace
