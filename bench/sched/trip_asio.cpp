// SPDX-License-Identifier: BSL-1.0
// Rows hop, post and post_awake: Asio's io_context and thread_pool.
#include <asio.hpp>

#include <atomic>
#include <exception>
#include <thread>

#include "../measure/futex.hpp"
#include "../measure/row.hpp"
#include "../measure/trips.hpp"
#include "trip_work.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;

measure::result run(asio::io_context& context, awaitable<measure::result> body) {
    measure::result got;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e, measure::result r) {
        if (e) std::rethrow_exception(e);
        got = r;
        context.stop();
    });
    context.run();
    return got;
}

// To the pool and back: a post each way, after which the coroutine runs where it was posted to.
awaitable<void> hop(asio::thread_pool& pool) {
    auto home = co_await asio::this_coro::executor;
    co_await asio::post(asio::bind_executor(pool.get_executor(), use_awaitable));
    co_await asio::post(home, use_awaitable);
}

awaitable<measure::result> hops_asleep(asio::thread_pool& pool, std::uint64_t n) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        timer.expires_after(trip_work::rest);
        co_await timer.async_wait(use_awaitable);
        t.start();
        co_await hop(pool);
        t.stop();
    }
    co_return t.summary();
}

template <class Executor>
void keep_awake(Executor executor, std::atomic<bool>& ended) {
    if (!ended.load(std::memory_order_relaxed))
        asio::post(executor, [executor, &ended] { keep_awake(executor, ended); });
}

awaitable<measure::result> hops_awake(asio::thread_pool& pool, std::uint64_t n) {
    std::atomic<bool> ended{false};
    keep_awake(pool.get_executor(), ended);
    auto home = co_await asio::this_coro::executor;
    asio::post(home, [home, &ended] { keep_awake(home, ended); });
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        co_await hop(pool);
    const measure::result r = w.stop(static_cast<double>(n));
    ended.store(true, std::memory_order_relaxed);
    pool.join();
    co_await asio::post(home, use_awaitable);
    co_return r;
}

template <awaitable<measure::result> (*Body)(asio::thread_pool&, std::uint64_t)>
measure::result hops(std::uint64_t n) {
    asio::io_context context;
    asio::thread_pool pool(1);
    return run(context, Body(pool, n));
}

measure::result post_asleep(std::uint64_t n) {
    asio::io_context context;
    auto guard = asio::make_work_guard(context);
    std::thread loop([&] { context.run(); });
    measure::futex_flag back;
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        std::this_thread::sleep_for(trip_work::rest);
        t.start();
        asio::post(context, [&] { back.set(); });
        back.wait();
        t.stop();
    }
    guard.reset();
    loop.join();
    return t.summary();
}

measure::result post_awake(std::uint64_t n) {
    asio::io_context context;
    std::atomic<bool> ended{false};
    std::atomic<std::uint64_t> seen{0};
    keep_awake(context.get_executor(), ended);
    std::thread loop([&] { context.run(); });
    measure::result total;
    std::uint64_t sent = 0;
    while (sent < n) {
        const measure::window w;
        for (std::uint64_t i = 0; i < trip_work::burst; ++i)
            asio::post(context,
                       [&] { seen.store(seen.load(std::memory_order_relaxed) + 1, std::memory_order_release); });
        const measure::result r = w.stop(0);
        total.seconds += r.seconds;
        total.cpu_seconds += r.cpu_seconds;
        total.allocations += r.allocations;
        sent += trip_work::burst;
        while (seen.load(std::memory_order_acquire) != sent) {}
    }
    ended.store(true, std::memory_order_relaxed);
    loop.join();
    total.operations = static_cast<double>(sent);
    return total;
}

const measure::enrol all[] = {
    {"hop_asleep/asio", trip_work::asleep, hops<hops_asleep>, measure::shape::whole},
    {"hop_awake/asio", trip_work::awake, hops<hops_awake>},
    {"post_asleep/asio", trip_work::asleep, post_asleep, measure::shape::whole},
    {"post_awake/asio", trip_work::posts, post_awake},
};

}  // namespace
