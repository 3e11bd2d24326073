// SPDX-License-Identifier: BSL-1.0
// Rows queue_*: Asio's channels; the concurrent one across threads.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>
#include <asio/experimental/concurrent_channel.hpp>

#include <cstdint>
#include <limits>
#include <thread>

#include "../measure/row.hpp"
#include "queue_work.hpp"

namespace {

using asio::awaitable;
using asio::use_awaitable;
using channel = asio::experimental::channel<void(asio::error_code, std::uint64_t)>;
using concurrent_channel = asio::experimental::concurrent_channel<void(asio::error_code, std::uint64_t)>;

constexpr std::size_t open = std::numeric_limits<std::size_t>::max();

template <class Channel>
awaitable<void> produce(Channel& q, std::uint64_t n, std::uint64_t burst) {
    auto executor = co_await asio::this_coro::executor;
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await q.async_send(asio::error_code(), i, use_awaitable);
        if (burst != 0 && i % burst == burst - 1) co_await asio::post(executor, use_awaitable);
    }
}

template <class Channel>
awaitable<void> consume(Channel& q, std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i)
        sum += co_await q.async_receive(use_awaitable);
    measure::keep(sum);
}

measure::result on_one_thread(std::uint64_t n, std::size_t limit, std::uint64_t burst) {
    asio::io_context context(1);
    channel q(context, limit);
    asio::co_spawn(context, produce(q, n, burst), asio::detached);
    asio::co_spawn(context, consume(q, n), asio::detached);
    const measure::window w;
    context.run();
    return w.stop(static_cast<double>(n));
}

measure::result on_two_threads(std::uint64_t n, std::size_t limit, std::uint64_t tasks) {
    asio::io_context mine(1), theirs(1);
    concurrent_channel q(mine, limit);
    for (std::uint64_t t = 0; t < tasks; ++t) {
        asio::co_spawn(theirs, produce(q, n / tasks, 0), asio::detached);
        asio::co_spawn(mine, consume(q, n / tasks), asio::detached);
    }
    const measure::window w;
    std::thread other([&] { theirs.run(); });
    mine.run();
    other.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"queue_open/asio", queue_work::one_loop, [](std::uint64_t n) { return on_one_thread(n, open, queue_work::burst); }},
    {"queue_1/asio", queue_work::one_loop, [](std::uint64_t n) { return on_one_thread(n, 1, 0); }},
    {"queue_1024/asio", queue_work::one_loop, [](std::uint64_t n) { return on_one_thread(n, queue_work::large, 0); }},
    {"queue_open_two/asio", queue_work::two_threads, [](std::uint64_t n) { return on_two_threads(n, open, 1); }},
    {"queue_1024_two/asio", queue_work::two_threads,
     [](std::uint64_t n) { return on_two_threads(n, queue_work::large, 1); }},
    {"queue_1024_four/asio", queue_work::two_threads,
     [](std::uint64_t n) { return on_two_threads(n, queue_work::large, queue_work::producers); }},
};

}  // namespace
