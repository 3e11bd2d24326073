// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/serve_on_loop.hpp>
#include <coil/runtime/io/tcp_listener.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/unix_listener.hpp>
#include <coil/runtime/io/unix_stream.hpp>

#include <type_traits>
#include <utility>

namespace coil::net {

/// Says how a server behaves.
struct serve_options {
    count max_connections = 1000;             // open at once; with several loops each gets an equal part
    count loops = 1;                          // each on a thread of its own, the caller's the first
    any_duration grace = nanoseconds::zero();  // how long a stopped server lets its connections go on
};

task<> serve_everywhere(tcp_listener& l, connection_handler<tcp_stream> handler, serve_options options);
task<> serve_everywhere(unix_listener& l, connection_handler<unix_stream> handler, serve_options options);

template <class Listener, class F>
task<> serve_with(Listener& l, F handler, serve_options options) {
    co_await serve_everywhere(l, connection_handler<accepted<Listener>>(handler), options);
}

template <class F, class Stream>
concept answers = std::is_invocable_r_v<task<>, F&, Stream> || std::is_invocable_r_v<task<>, F&, Stream, serving&>;

/// Accepts connections and answers each in a task of its own: `handler(stream)`, or `handler(stream, serving&)`
/// for one that wants to know when the server stops; it returns a `task<>`. The listener is a TCP or a Unix one.
/// Shape: beyond `max_connections` clients wait in the listener's line. With `.loops = n` there are n rings on n threads,
/// each with a listener of its own on the port (the given one must be bound with `.reuse_port`), and a connection
/// stays on the loop that accepted it; the handler is then called on all of them at once.
/// Completes: when the listener is closed, and the connections have ended.
/// Errors: `std::invalid_argument` for no connections, no loops, or several without `.reuse_port` (which Unix
/// listeners lack); what `accept` throws;
/// what ends another loop. What a handler throws ends its connection and goes where suppressed errors go
/// (`set_suppressed_hook`, by default the log hook).
/// Cancel: no more connections are taken; those that there are may go on for `.grace` and are then stopped, and waited for.
/// Lifetime: the listener outlives it. Cost: one task a connection.
template <class Listener, class F>
    requires answers<std::remove_reference_t<F>, accepted<Listener>>
[[nodiscard("co_await it")]] task<> serve(Listener& l, F&& handler, serve_options options = {}) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    using kept = std::conditional_t<std::is_function_v<std::remove_reference_t<F>>, std::decay_t<F>, F>;
    return serve_with<Listener, kept>(l, std::forward<F>(handler), options);
}

}  // namespace coil::net
