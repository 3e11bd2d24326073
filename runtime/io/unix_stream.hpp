// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/descriptor_passing.hpp>
#include <coil/runtime/io/socket_stream.hpp>
#include <coil/runtime/io/unix_connect.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <span>
#include <utility>

namespace coil::net {

/// Says who is at the other end of a Unix socket, as it was when the connection was made.
struct peer_credentials {
    int pid = 0;  // 0 where the other's process cannot be seen from here
    unsigned uid = 0;
    unsigned gid = 0;
};

/// Is one end of a connection within this machine, which can carry descriptors too. What it can do beside, how it fails
/// and what it costs (8 bytes) is said of `socket_stream`.
/// Shape: the one that connects has no name as a rule; so both ends are called by the name that was connected to.
class unix_stream : public socket_stream<unix_endpoint> {
public:
    unix_stream() noexcept = default;
    /// Takes a connected socket over, on which nothing is in flight. The name is for errors.
    explicit unix_stream(ring::descriptor socket, const unix_endpoint& peer = {})
        : socket_stream(std::move(socket), peer) {}

    /// Connects to a listener. Completes: with the stream; where its line is full, once there is room.
    /// Errors: "connect unix:/run/a.sock: No such file or directory"; `errc::connection_refused` where nobody listens
    /// (the file is what an ended process left). Cancel: the attempt is given up, unless it had succeeded.
    static unix_connect_await connect(const unix_endpoint& to, place where = place::current()) noexcept {
        return {to, where};
    }
    /// Makes two streams that are connected with each other. Errors: "pair: Too many open files".
    static std::pair<unix_stream, unix_stream> pair();

    /// Sends descriptors, which stay open here, and all of `with`, at least one byte, which lets the other end find
    /// them.
    /// Shape: up to 253. Completes: with the size of `with`. Errors: `std::invalid_argument` for too many, or for no
    /// byte; `transfer_error`, with `errc::bad_file_descriptor` for one that is not open.
    /// Cancel: as `write`: the descriptors have gone if any byte has. Cost: 1.3 KiB in the frame; no allocation.
    send_descriptors_await send_descriptors(std::span<const int> descriptors, byte_view with = "\1",
                                            place where = place::current()) noexcept {
        return {socket_, descriptors, with, where};
    }
    /// Reads some bytes, with the descriptors that came with them: bytes of two messages with descriptors are never
    /// read together. Completes: as `read`. A plain `read` reads such bytes too, and drops the descriptors.
    /// Cancel: what was received is returned; nothing leaks. Cost: 1.3 KiB in the frame; an allocation for the list.
    receive_descriptors_await receive_descriptors(byte_span to, place where = place::current()) noexcept {
        return {socket_, to, where};
    }

    /// Tells whose process connected, or listened. Errors: `std::system_error`.
    net::peer_credentials peer_credentials() const;
};

}  // namespace coil::net
