// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/connect.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/stream_operations.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <utility>

namespace coil::net {

/// Is one end of a TCP connection. Small writes are sent at once (TCP_NODELAY), never kept back for an acknowledgement.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while operations are in flight on it.
/// Errors: `std::system_error` whose text names the operation and the peer: "read 127.0.0.1:81: Connection reset by
/// peer". Never SIGPIPE. One reader and one writer at a time: a second is a `std::logic_error` at its line.
/// Cancel: every operation can be stopped; what had completed by then is returned, so no byte is lost.
/// Threads: operations may be awaited on any coil thread; the object itself is used by one at a time.
/// Lifetime: closing or destroying it ends its operations in flight: they throw `errc::operation_canceled`, or
/// `errc::bad_file_descriptor` if they begin afterwards. No byte of theirs can reach a later owner of the descriptor.
/// Cost: 40 bytes and one recycled allocation; its operations allocate nothing.
class tcp_stream {
public:
    tcp_stream() noexcept = default;
    /// Takes a connected socket over.
    tcp_stream(ring::descriptor socket, const endpoint& peer) noexcept : socket_(std::move(socket)), peer_(peer) {}

    /// Connects to an endpoint. Completes: with the stream. Errors: "connect 127.0.0.1:81: Connection refused".
    /// Cancel: the attempt is given up, unless it had succeeded.
    static connect_await connect(const endpoint& to, place where = place::current()) noexcept { return {to, where}; }

    /// Reads some bytes. Completes: as soon as there are any, with how many; with 0 at the end of the stream.
    read_await read(byte_span to, place where = place::current()) noexcept { return {socket_, to, peer_, where}; }
    /// Reads some bytes into a buffer that the loop lends: while nothing comes, the connection holds none.
    /// Completes: as soon as there are any, with them; with an empty chunk at the end of the stream.
    /// Lifetime: the chunk may outlive the stream. Cost: up to 16 KiB at a time.
    receive_await receive(place where = place::current()) noexcept { return {socket_, peer_, where}; }
    /// Reads until `to` is full. Completes: with its size.
    /// Errors: `transfer_error`, with `errc::no_message_available` (ENODATA) if the stream ends before.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that lie in `to`.
    read_exactly_await read_exactly(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, peer_, where};
    }
    /// Writes all of `from`. Completes: with its size, once the kernel has taken the last byte.
    /// Errors: `transfer_error`. Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that were sent.
    write_await write(byte_view from, place where = place::current()) noexcept { return {socket_, from, peer_, where}; }

    /// Tells the peer that nothing more comes; reading goes on. Completes: at once.
    shutdown_await shutdown_write(place where = place::current()) noexcept { return {socket_, peer_, where}; }
    /// Closes the stream; it is empty from the call on. Completes: when nothing is in flight any more and the descriptor
    /// is free. Cancel: shielded. What the kernel has taken is still sent.
    close_await close(place where = place::current()) noexcept { return {socket_, peer_, where}; }

    bool is_open() const noexcept { return static_cast<bool>(socket_); }
    /// The other end, as it was when the connection was made.
    const endpoint& peer_endpoint() const noexcept { return peer_; }
    /// This end. Errors: `std::system_error`.
    endpoint local_endpoint() const;
    /// Chooses whether small writes are sent at once. Errors: `std::system_error`.
    void set_no_delay(bool on);
    /// The descriptor, which stays the stream's; -1 if it is empty.
    int native_handle() const noexcept { return socket_.number(); }

private:
    ring::descriptor socket_;
    endpoint peer_;
};

}  // namespace coil::net
