// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/ready.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/io/stream_operations.hpp>
#include <coil/runtime/io/vectored_operations.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace coil::net {

/// Is what TCP and Unix streams have in common; `Name` says how their peers are called.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while operations are in flight on it.
/// Errors: `std::system_error` whose text names the operation and the peer: "read 127.0.0.1:81: Connection reset by
/// peer". Never SIGPIPE. One reader and one writer at a time: a second is a `std::logic_error` at its line.
/// Cancel: every operation can be stopped; what had completed by then is returned, so no byte is lost.
/// Threads: operations may be awaited on any coil thread; the object itself is used by one at a time.
/// Lifetime: closing or destroying it ends its operations in flight: they throw `errc::operation_canceled`, or
/// `errc::bad_file_descriptor` if they begin afterwards. No byte of theirs can reach a later owner of the descriptor.
/// Cost: a pointer, and one recycled allocation, which holds the name; its operations allocate nothing.
template <class Name>
class socket_stream {
public:
    /// Reads some bytes. Shape: into an empty buffer, none.
    /// Completes: as soon as there are any, with how many; with 0 at the end of the stream.
    basic_read_await<Name> read(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, where};
    }
    /// Reads some bytes into a buffer that the loop lends: while nothing comes, the connection holds none.
    /// Completes: as soon as there are any, with them; with an empty chunk at the end of the stream.
    /// Lifetime: the chunk may outlive the stream. Cost: up to 16 KiB at a time.
    basic_receive_chunk_await<Name> receive(place where = place::current()) noexcept {
        return {socket_, where};
    }
    /// Waits until a read would have something, or the end; consumes nothing. Errors, cancel: as `coil::readable`, and
    /// closing the stream ends it.
    ready_await readable(place where = place::current()) noexcept {
        return {socket_, ready_await::side::readable, where};
    }
    /// Waits until something can be written; consumes nothing. As `readable`.
    ready_await writable(place where = place::current()) noexcept {
        return {socket_, ready_await::side::writable, where};
    }
    /// Reads until `to` is full. Completes: with its size.
    /// Errors: `transfer_error`, with `errc::no_message_available` (ENODATA) if the stream ends before.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that lie in `to`.
    basic_read_exactly_await<Name> read_exactly(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, where};
    }
    /// Reads some bytes into several buffers, one after the other. Shape: at most 1,024 of them are used; none, or
    /// empty ones, read nothing. Completes: as `read`. Lifetime: the list too lives until it was awaited.
    basic_read_vectored_await<Name> read_vectored(std::span<const byte_span> to,
                                                  place where = place::current()) noexcept {
        return {socket_, to, where};
    }

    /// Writes all of `from`. Completes: with its size, once the kernel has taken the last byte.
    /// Errors: `transfer_error`. Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that were sent.
    basic_write_await<Name> write(byte_view from, place where = place::current()) noexcept {
        return {socket_, from, where};
    }
    /// Writes some bytes. Completes: as soon as the kernel has taken any, with how many.
    basic_write_some_await<Name> write_some(byte_view from, place where = place::current()) noexcept {
        return {socket_, from, where};
    }
    /// Writes all of several buffers, one after the other, as if they were one. Shape: any number.
    /// Completes, Errors, Cancel: as `write`. Lifetime: the list too lives until it was awaited.
    /// Cost: no copy and no allocation; an entry for 1,024 buffers.
    basic_write_vectored_await<Name> write_vectored(std::span<const byte_view> from,
                                                    place where = place::current()) noexcept {
        return {socket_, from, where};
    }

    /// Tells the peer that nothing more comes; reading goes on. Completes: at once.
    basic_shutdown_await<Name> shutdown_write(place where = place::current()) noexcept {
        return {socket_, where};
    }
    /// Closes the stream; it is empty from the call on. Completes: when nothing is in flight any more and the
    /// descriptor is free. Cancel: shielded. What the kernel has taken is still sent.
    basic_close_await<Name> close(place where = place::current()) noexcept {
        return {socket_, peer_endpoint(), where};
    }

    bool is_open() const noexcept { return static_cast<bool>(socket_); }
    /// The other end, as it was when the connection was made.
    Name peer_endpoint() const noexcept { return Name::from_kept(socket_.name()); }
    /// The descriptor, which stays the stream's; -1 if it is empty.
    int native_handle() const noexcept { return socket_.number(); }

    /// How much the kernel keeps of what was written and not yet taken, and of what came and was not yet read.
    /// Shape, Errors: as `socket_options`.
    void set_send_buffer(std::size_t bytes) { options().set_send_buffer(bytes); }
    std::size_t send_buffer() const { return options().send_buffer(); }
    void set_receive_buffer(std::size_t bytes) { options().set_receive_buffer(bytes); }
    std::size_t receive_buffer() const { return options().receive_buffer(); }

protected:
    socket_stream() noexcept = default;
    socket_stream(ring::descriptor socket, const Name& peer) : socket_(std::move(socket)) {
        socket_.set_name(peer.kept());
    }
    socket_stream(socket_stream&&) noexcept = default;
    socket_stream& operator=(socket_stream&&) noexcept = default;
    ~socket_stream() = default;

    socket_options options() const noexcept { return {native_handle(), this, &name_of}; }

    ring::descriptor socket_;  // it has the peer's name

private:
    static std::string name_of(const void* stream) {
        return to_string(static_cast<const socket_stream*>(stream)->peer_endpoint());
    }
};

}  // namespace coil::net
