// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/datagram_operations.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/io/stream_operations.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <utility>

namespace coil::net {

/// Says how a UDP socket is bound. What is 0 stays as the system has it.
struct udp_options {
    bool reuse_port = false;     // several sockets may share the port: the kernel spreads senders over them
    bool reuse_address = false;  // several may have it, for multicast: each of them hears everything
    bool v6_only = false;        // [::] hears IPv6 alone, not IPv4 as well
    bool broadcast = false;      // it may send to broadcast addresses
    std::size_t send_buffer = 0;
    std::size_t receive_buffer = 0;
};

using udp_datagram = datagram<endpoint>;

/// Sends and receives UDP datagrams: each arrives as a whole, out of order, twice, or not at all.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while operations are in flight on it.
/// Errors: `std::system_error` whose text names the operation and the other side, or this one where there is no other:
/// "send_to 10.0.0.1:53: Network is unreachable". Of a connected socket: `errc::connection_refused` where an answer
/// said that nobody listens there. One receiver and one sender at a time: a second is a `std::logic_error` at its line.
/// Cancel: every operation can be stopped; a datagram that was received or sent by then is returned, and counts as
/// sent.
/// Threads, Lifetime: as a `tcp_stream`. Cost: 72 bytes and one recycled allocation; its operations allocate nothing.
class udp_socket {
public:
    udp_socket() noexcept = default;
    /// Receives what is sent to an endpoint; port 0 lets the system choose. Errors: "bind 127.0.0.1:53: ...".
    static udp_socket bind(const endpoint& at, udp_options options = {});
    /// Makes a socket that speaks with one endpoint only. It sends nothing, so nobody need be there.
    /// Errors: "connect 127.0.0.1:53: ...".
    static udp_socket connect(const endpoint& to, udp_options options = {});
    /// Has this socket speak with one endpoint only. Errors: as above.
    void connect_to(const endpoint& to);

    /// Sends one datagram. Completes: with its size, once the kernel has taken it.
    /// Errors: `errc::message_size` if it is larger than a datagram can be.
    basic_send_await<endpoint> send_to(byte_view from, const endpoint& to, place where = place::current()) noexcept {
        return {socket_, from, to, false, where};
    }
    /// The same, to whom the socket is connected. Errors: `errc::destination_address_required` if it is not.
    basic_send_await<endpoint> send(byte_view from, place where = place::current()) noexcept {
        return {socket_, from, peer_, true, where};
    }
    /// Receives one datagram and the sender's endpoint. Completes: with its size, sender and whether it was cut,
    /// because it was larger than `to`: the rest is lost then.
    basic_receive_await<endpoint> receive_from(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, local_, nullptr, where};
    }
    /// The same, from whom the socket is connected to: nobody else's come.
    basic_receive_await<endpoint> receive(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, local_, is_connected_ ? &peer_ : nullptr, where};
    }

    /// Closes the socket; it is empty from the call on. Completes: when nothing is in flight any more and the
    /// descriptor is free. Cancel: shielded.
    close_await close(place where = place::current()) noexcept { return {socket_, local_, where}; }

    bool is_open() const noexcept { return static_cast<bool>(socket_); }
    /// Where it receives, with the port that the system chose.
    const endpoint& local_endpoint() const noexcept { return local_; }
    /// With whom it is connected; 0.0.0.0:0 if with nobody.
    const endpoint& peer_endpoint() const noexcept { return peer_; }
    /// The descriptor, which stays the socket's; -1 if it is empty.
    int native_handle() const noexcept { return socket_.number(); }

    // Shape, Errors: as `socket_options`.
    void set_send_buffer(std::size_t bytes) { options().set_send_buffer(bytes); }
    std::size_t send_buffer() const { return options().send_buffer(); }
    void set_receive_buffer(std::size_t bytes) { options().set_receive_buffer(bytes); }
    std::size_t receive_buffer() const { return options().receive_buffer(); }
    void set_broadcast(bool on) { options().set_broadcast(on); }
    bool broadcast() const { return options().broadcast(); }
    /// Hears what is sent to a group, on one interface (its number; 0: the system chooses), until it leaves it.
    void join_group(const endpoint& group, unsigned interface = 0) { options().join_group(group, interface); }
    void leave_group(const endpoint& group, unsigned interface = 0) { options().leave_group(group, interface); }
    /// Chooses whether this machine hears what it sends to a group; at first it does.
    void set_multicast_loop(bool on) { options().set_multicast_loop(on, local_.is_v6()); }
    /// How many networks what is sent to a group may cross; at first 1, its own.
    void set_multicast_hops(int hops) { options().set_multicast_hops(hops, local_.is_v6()); }

private:
    udp_socket(ring::descriptor socket, const endpoint& local) noexcept : socket_(std::move(socket)), local_(local) {}
    static udp_socket make(const char* what, const endpoint& named, const udp_options& options);
    socket_options options() const noexcept { return {native_handle(), local_}; }

    ring::descriptor socket_;
    endpoint local_;
    endpoint peer_;
    bool is_connected_ = false;
};

}  // namespace coil::net
