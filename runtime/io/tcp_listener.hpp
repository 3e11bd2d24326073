// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/accept.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/io/ready.hpp>
#include <coil/runtime/io/stream_operations.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <utility>

namespace coil::net {

/// Says how a listener is bound.
struct listen_options {
    bool reuse_port = false;    // several listeners may share the port: the kernel spreads connections over them
    bool reuse_address = true;  // a port whose last connections linger may be bound again
    int backlog = 4096;         // connections that wait to be accepted; the system's limit (somaxconn) may be lower
    bool v6_only = false;       // [::] takes IPv6 alone, not IPv4 as well
    // What accepted connections begin with. What is 0 stays as the system has it.
    bool no_delay = true;
    keep_alive_options keep_alive{.on = false};
    std::size_t send_buffer = 0;
    std::size_t receive_buffer = 0;
};

/// Accepts TCP connections.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while an accept is in flight.
/// Threads, Lifetime: as a `tcp_stream`. One `accept` at a time; for several loops, a listener each with `.reuse_port`.
class tcp_listener {
public:
    tcp_listener() noexcept = default;
    /// Listens on an endpoint; port 0 lets the system choose, and `local_endpoint` knows what it chose.
    /// Errors: `std::system_error`: "bind 127.0.0.1:80: Permission denied", "reuse_port 127.0.0.1:80: ..." for an
    /// option.
    static tcp_listener bind(const endpoint& at, listen_options options = {});

    /// Takes the next connection. Completes: with its stream.
    /// Errors: "accept 127.0.0.1:80: ...". A client that vanished before is passed over. While descriptors or memory
    /// are short it waits (tries at most ten times a second, no processor time in between, a line to the log hook) and
    /// goes on when there are some again. Closing the listener ends it as a `read` is ended.
    /// Cancel: a connection that was accepted is never lost.
    accept_await accept(place where = place::current()) noexcept { return {socket_, local_, where}; }

    /// Waits until somebody is in the line; accepts nobody. Errors, cancel: as `coil::readable`, and closing ends it.
    ready_await acceptable(place where = place::current()) noexcept {
        return {socket_, ready_await::side::readable, where};
    }

    /// Closes the listener; it is empty from the call on. Completes: as the `close` of a stream. Cancel: shielded.
    close_await close(place where = place::current()) noexcept { return {socket_, local_, where}; }

    bool is_open() const noexcept { return static_cast<bool>(socket_); }
    /// Where it listens, with the port that the system chose.
    const endpoint& local_endpoint() const noexcept { return local_; }
    /// The descriptor, which stays the listener's; -1 if it is empty.
    int native_handle() const noexcept { return socket_.number(); }

private:
    tcp_listener(ring::descriptor socket, const endpoint& local) noexcept : socket_(std::move(socket)), local_(local) {}
    ring::descriptor socket_;
    endpoint local_;
};

}  // namespace coil::net
