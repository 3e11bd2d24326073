// SPDX-License-Identifier: BSL-1.0
// Connections over 127.0.0.1, and what a test waits for without a clock.
#pragma once
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/tcp_listener.hpp>
#include <coil/runtime/io/tcp_stream.hpp>

#include <cstddef>
#include <filesystem>
#include <utility>

namespace io_test {

using coil::task;
using coil::net::endpoint;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

struct both_ends {
    both_ends(tcp_stream c, tcp_stream s) : client(std::move(c)), server(std::move(s)) {}
    tcp_stream client, server;
};

inline tcp_listener listen() {
    return tcp_listener::bind(endpoint("127.0.0.1", 0));
}

inline task<both_ends> connected() {
    tcp_listener l = listen();
    auto [client, server] = co_await coil::when_all(tcp_stream::connect(l.local_endpoint()), l.accept());
    co_return both_ends(std::move(client), std::move(server));
}

// Gives others their turn until the condition holds.
template <class Condition>
task<> until(Condition holds) {
    while (!holds())
        co_await coil::yield();
}

template <class T>
task<> suspended(coil::join_handle<T>& h) {
    while (h.state() != coil::task_state::suspended)
        co_await coil::yield();
}

// Descriptors of this process.
inline std::ptrdiff_t open_descriptors() {
    using iterator = std::filesystem::directory_iterator;
    return std::distance(iterator("/proc/self/fd"), iterator());
}

}  // namespace io_test
