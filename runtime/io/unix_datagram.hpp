// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/datagram_operations.hpp>
#include <coil/runtime/io/stream_operations.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <utility>

namespace coil::net {

/// Sends and receives datagrams within this machine: each arrives as a whole, in order and once; a sender waits while
/// the receiver's line is full.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while operations are in flight on it. Of the
/// file that binding to a path makes, `unix_listener` tells.
/// Errors: `std::system_error` whose text names the operation and the other side: "send_to unix:/run/log: No such file
/// or directory"; `errc::connection_refused` where the receiver is gone. One receiver and one sender at a time.
/// Cancel, Threads, Lifetime: as a `udp_socket`. Cost: 240 bytes and one recycled allocation; its operations allocate
/// nothing.
class unix_datagram {
public:
    unix_datagram() noexcept = default;
    /// Receives what is sent to a name; the empty one (`unix_endpoint()`) lets the system choose an abstract one.
    /// Errors: "bind unix:/run/a.sock: Address already in use".
    static unix_datagram bind(const unix_endpoint& at);
    /// Makes a socket without a name, which nobody can answer, to send to one receiver.
    /// Errors: "connect unix:/run/log: No such file or directory".
    static unix_datagram connect(const unix_endpoint& to);
    /// Makes a socket without a name, which nobody can answer. Errors: "open unix:(unnamed): Too many open files".
    static unix_datagram unbound();
    /// Makes two sockets that are connected with each other. Errors: "pair: Too many open files".
    static std::pair<unix_datagram, unix_datagram> pair();
    /// Has this socket speak with one name only. Errors: as `connect`.
    void connect_to(const unix_endpoint& to);

    /// Sends one datagram. Completes: with its size, once it lies in the receiver's line.
    basic_send_await<unix_endpoint> send_to(byte_view from, const unix_endpoint& to,
                                            place where = place::current()) noexcept {
        return {socket_, from, to, false, where};
    }
    /// The same, to whom the socket is connected. Errors: `errc::not_connected` if it is not.
    basic_send_await<unix_endpoint> send(byte_view from, place where = place::current()) noexcept {
        return {socket_, from, peer_, true, where};
    }
    /// Receives one datagram and the sender's name. Completes: with its size, sender and whether it was cut, because it
    /// was larger than `to`: the rest is lost then.
    basic_receive_await<unix_endpoint> receive_from(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, local_, nullptr, where};
    }
    /// The same; of a connected socket it is from whom that is connected to.
    basic_receive_await<unix_endpoint> receive(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, local_, is_connected_ ? &peer_ : nullptr, where};
    }

    /// Closes the socket; it is empty from the call on. Completes: as the `close` of a stream. Cancel: shielded.
    basic_close_await<unix_endpoint> close(place where = place::current()) noexcept { return {socket_, local_, where}; }

    bool is_open() const noexcept { return static_cast<bool>(socket_); }
    const unix_endpoint& local_endpoint() const noexcept { return local_; }
    const unix_endpoint& peer_endpoint() const noexcept { return peer_; }
    /// The descriptor, which stays the socket's; -1 if it is empty.
    int native_handle() const noexcept { return socket_.number(); }

private:
    explicit unix_datagram(ring::descriptor socket) noexcept : socket_(std::move(socket)) {}
    static unix_datagram make(const char* what, const unix_endpoint& named);

    ring::descriptor socket_;
    unix_endpoint local_;
    unix_endpoint peer_;
    bool is_connected_ = false;
};

}  // namespace coil::net
