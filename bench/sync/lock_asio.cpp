// SPDX-License-Identifier: BSL-1.0
// Rows lock, contend100 and event_ping: a channel of Asio, the one thing that it has to wait for.
#include <asio.hpp>
#include <asio/experimental/channel.hpp>

#include <cstdint>

#include "../measure/row.hpp"
#include "sync_work.hpp"

namespace {

using channel = asio::experimental::channel<void(asio::error_code, int)>;

// A channel that holds one token is a mutex.
asio::awaitable<void> contends(channel& m, std::uint64_t rounds, bool yields) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
        (void)co_await m.async_receive(asio::use_awaitable);
        if (yields) co_await asio::post(asio::use_awaitable);
        m.try_send(asio::error_code(), 0);
    }
}

measure::result crowd(std::uint64_t n, std::uint64_t tasks, bool yields) {
    asio::io_context loop(1);
    channel m(loop, 1);
    m.try_send(asio::error_code(), 0);
    const std::uint64_t rounds = sync_work::rounds(n, tasks);
    for (std::uint64_t i = 0; i < tasks; ++i) asio::co_spawn(loop, contends(m, rounds, yields), asio::detached);
    const measure::window w;
    loop.run();
    return w.stop(static_cast<double>(rounds * tasks));
}

asio::awaitable<void> answers(channel& there, channel& back, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        (void)co_await there.async_receive(asio::use_awaitable);
        back.try_send(asio::error_code(), 0);
    }
}
asio::awaitable<void> asks(channel& there, channel& back, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        there.try_send(asio::error_code(), 0);
        (void)co_await back.async_receive(asio::use_awaitable);
    }
}
measure::result event_ping(std::uint64_t n) {
    asio::io_context loop(1);
    channel there(loop, 1), back(loop, 1);
    asio::co_spawn(loop, answers(there, back, n / 2), asio::detached);
    asio::co_spawn(loop, asks(there, back, n / 2), asio::detached);
    const measure::window w;
    loop.run();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"lock/asio", sync_work::batch, [](std::uint64_t n) { return crowd(n, 1, false); }},
    {"contend100/asio", sync_work::batch, [](std::uint64_t n) { return crowd(n, sync_work::crowd, true); }},
    {"event_ping/asio", sync_work::batch, event_ping},
};

}  // namespace
