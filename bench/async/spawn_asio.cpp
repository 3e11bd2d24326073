// SPDX-License-Identifier: BSL-1.0
// Rows yield, spawn and million: Asio.
#include <asio.hpp>

#include <cstdint>
#include <exception>

#include "../measure/row.hpp"
#include "spawn_work.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;

[[gnu::noinline]] awaitable<std::uint64_t> leaf(std::uint64_t x) {
    co_return x;
}

measure::result run(asio::io_context& context, awaitable<measure::result> body) {
    measure::result got;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e, measure::result r) {
        if (e) std::rethrow_exception(e);
        got = r;
    });
    context.run();
    return got;
}

awaitable<measure::result> yields(std::uint64_t n) {
    auto executor = co_await asio::this_coro::executor;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        co_await asio::post(executor, use_awaitable);
    co_return w.stop(static_cast<double>(2 * n));
}

measure::result two_yield(std::uint64_t n) {
    asio::io_context context(1);
    asio::co_spawn(context, yields(n / 2), asio::detached);
    return run(context, yields(n / 2));
}

awaitable<measure::result> one_by_one(std::uint64_t n) {
    auto executor = co_await asio::this_coro::executor;
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        sum += co_await asio::co_spawn(executor, leaf(i), use_awaitable);
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

// Asio has no handle to join: each completion counts down, and the end of run() is the join.
measure::result all_at_once(std::uint64_t n) {
    asio::io_context context(1);
    std::uint64_t sum = 0;
    const double before = measure::resident_bytes();
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        asio::co_spawn(context, leaf(i), [&](std::exception_ptr, std::uint64_t x) { sum += x; });
    const double after = measure::resident_bytes();
    context.run();
    measure::keep(sum);
    measure::result r = w.stop(static_cast<double>(n));
    r.bytes = (after - before) / static_cast<double>(n);
    return r;
}

const measure::enrol all[] = {
    {"yield/asio", spawn_work::batch, two_yield},
    {"spawn/asio", spawn_work::batch,
     [](std::uint64_t n) {
         asio::io_context context(1);
         return run(context, one_by_one(n));
     }},
    {"million/asio", spawn_work::million, all_at_once, measure::shape::whole},
};

}  // namespace
