// SPDX-License-Identifier: BSL-1.0
// Rows hop, post and post_awake: coil.
#include <coil/runtime.hpp>

#include <atomic>
#include <thread>

#include "../measure/futex.hpp"
#include "../measure/gate.hpp"
#include "../measure/row.hpp"
#include "../measure/trips.hpp"
#include "trip_work.hpp"

namespace {

coil::task<> keep_awake(const std::atomic<bool>& ended) {
    while (!ended.load(std::memory_order_relaxed))
        co_await coil::yield();
}

coil::task<measure::result> hops_asleep(std::uint64_t n) {
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await coil::sleep_for(trip_work::rest);
        t.start();
        co_await coil::on_pool([] {});
        t.stop();
    }
    co_return t.summary();
}

coil::task<measure::result> hops_awake(std::uint64_t n) {
    std::atomic<bool> ended{false};
    auto here = coil::spawn(keep_awake(ended));
    auto there = coil::spawn_on(coil::pool(), keep_awake(ended));
    co_await coil::on_pool([] {});
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        co_await coil::on_pool([] {});
    const measure::result r = w.stop(static_cast<double>(n));
    ended.store(true, std::memory_order_relaxed);
    co_await here;
    co_await there;
    co_return r;
}

// Runs a loop that has nothing to do, or that stays awake, while a foreign thread posts to it.
template <class Foreign>
measure::result beside_a_loop(Foreign foreign, bool awake) {
    coil::loop loop;
    std::atomic<bool> ended{false};
    measure::result got;
    std::thread poster;
    measure::gate over;
    auto body = [&]() -> coil::task<> {
        if (awake) (void)coil::spawn(keep_awake(ended));
        loop.post([&] {  // called once the loop turns, so after the gate has been reached
            poster = std::thread([&] {
                got = foreign(loop);
                ended.store(true, std::memory_order_relaxed);
                over.open();
            });
        });
        co_await over;
    };
    loop.run(body());
    poster.join();
    return got;
}

measure::result post_asleep(std::uint64_t n) {
    return beside_a_loop(
        [n](coil::loop& loop) {
            measure::futex_flag back;
            measure::trips t(n);
            for (std::uint64_t i = 0; i < n; ++i) {
                std::this_thread::sleep_for(trip_work::rest);
                t.start();
                loop.post([&] { back.set(); });
                back.wait();
                t.stop();
            }
            return t.summary();
        },
        false);
}

measure::result post_awake(std::uint64_t n) {
    return beside_a_loop(
        [n](coil::loop& loop) {
            std::atomic<std::uint64_t> seen{0};
            measure::result total;
            std::uint64_t sent = 0;
            while (sent < n) {
                const measure::window w;
                for (std::uint64_t i = 0; i < trip_work::burst; ++i)
                    loop.post([&] { seen.store(seen.load(std::memory_order_relaxed) + 1, std::memory_order_release); });
                const measure::result r = w.stop(0);
                total.seconds += r.seconds;
                total.cpu_seconds += r.cpu_seconds;
                total.allocations += r.allocations;
                sent += trip_work::burst;
                while (seen.load(std::memory_order_acquire) != sent) {}
            }
            total.operations = static_cast<double>(sent);
            return total;
        },
        true);
}

const measure::enrol all[] = {
    {"hop_asleep/coil", trip_work::asleep, [](std::uint64_t n) { return coil::run(hops_asleep(n), {.pool_size = 1}); },
     measure::shape::whole},
    {"hop_awake/coil", trip_work::awake, [](std::uint64_t n) { return coil::run(hops_awake(n), {.pool_size = 1}); }},
    {"post_asleep/coil", trip_work::asleep, post_asleep, measure::shape::whole},
    {"post_awake/coil", trip_work::posts, post_awake},
};

}  // namespace
