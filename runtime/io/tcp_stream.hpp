// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/connect.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/io/socket_stream.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coil::net {

/// Is one end of a TCP connection. Small writes are sent at once (TCP_NODELAY), never kept back for an acknowledgement.
/// What it can do beside connecting, how it fails and what it costs (8 bytes) is said of `socket_stream`.
class tcp_stream : public socket_stream<endpoint> {
public:
    tcp_stream() noexcept = default;
    /// Takes a connected socket over, on which nothing is in flight.
    tcp_stream(ring::descriptor socket, const endpoint& peer) : socket_stream(std::move(socket), peer) {}

    /// Connects to an endpoint. Completes: with the stream. Errors: "connect 127.0.0.1:81: Connection refused"; for an
    /// option that the system refuses, "set_keep_alive 127.0.0.1:81: Invalid argument".
    /// Cancel: the attempt is given up, unless it had succeeded.
    static connect_await connect(const endpoint& to, connect_options options = {},
                                 place where = place::current()) noexcept {
        return {to, options, where};
    }

    /// Connects to a host by its name, or an address as text; a port, or the name of a service.
    /// Shape: where it has several addresses, they are tried in turn, IPv6 and IPv4 alternating: the next one when one
    /// has failed or been silent for `.attempt_delay`, until the first connects (RFC 8305). The others are closed.
    /// Completes: with the stream. Errors: as `resolve`; "connect example.org:81, tried [2001:db8::1]:81 (Network is
    /// unreachable), 192.0.2.1:81 (Connection refused): Connection refused", the code being that of the last to fail.
    /// Cancel: the lookup is abandoned, every attempt given up and closed. Cost: some allocations per attempt.
    static task<tcp_stream> connect(std::string_view host, std::string_view service, connect_options options = {}) {
        return connect_by_name(std::string(host), std::string(service), options);
    }
    template <std::integral Port>
    static task<tcp_stream> connect(std::string_view host, Port port, connect_options options = {}) {
        return connect_by_name(std::string(host), std::to_string(port), options);
    }

    /// This end. Errors: `std::system_error`.
    endpoint local_endpoint() const;

    // Errors: as `socket_options`.
    /// Chooses whether small writes are sent at once.
    void set_no_delay(bool on) { options().set_no_delay(on); }
    bool no_delay() const { return options().no_delay(); }
    /// Has a silent peer asked whether it lives: `set_keep_alive({.idle = 30s, .count = 3})`.
    void set_keep_alive(const keep_alive_options& how) { options().set_keep_alive(how); }
    void set_keep_alive(bool on) { options().set_keep_alive({.on = on}); }
    keep_alive_options keep_alive() const { return options().keep_alive(); }
    /// Chooses what closing does with bytes that have not gone out. Empty, as at first: they are sent in the
    /// background. Zero: they are dropped, and the peer is told by a reset. More: the close waits so long for them, and
    /// with it the thread of its loop; `shutdown_write`, then reading to the end, waits without that.
    void set_linger(std::optional<any_duration> wait) { options().set_linger(wait); }
    std::optional<std::chrono::seconds> linger() const { return options().linger(); }

private:
    static task<tcp_stream> connect_by_name(std::string host, std::string service, connect_options options);
};

}  // namespace coil::net
