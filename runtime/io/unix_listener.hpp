// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/accept.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/ready.hpp>
#include <coil/runtime/io/stream_operations.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace coil::net {

/// Says how a listener is bound. What is 0 stays as the system has it.
struct unix_listen_options {
    int backlog = 4096;  // connections that wait to be accepted; the system's limit (somaxconn) may be lower
    std::size_t send_buffer = 0;
    std::size_t receive_buffer = 0;
};

/// Is the awaiter of `unix_listener::accept`.
class [[nodiscard("co_await it")]] unix_accept_await : public fallible<unix_accept_await, patient_accept, unix_stream> {
public:
    unix_accept_await(ring::descriptor& d, const unix_endpoint& local, place where) noexcept
        : fallible(d, &name, where), local_(local) {}

private:
    friend fallible;
    static std::string name(const patient_accept& a) {
        return to_string(static_cast<const unix_accept_await&>(a).local_);
    }
    unix_stream value(int fd) const;
    error failure(int error) const;
    unix_endpoint local_;
};

/// Accepts connections from within this machine.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while an accept is in flight. Binding to a path
/// makes a file, whose rights (umask, chmod) say who may connect. The file stays when the listener is closed, and when
/// its process dies: binding again is then `errc::address_in_use` until somebody removes it. An abstract name has no
/// file, and no rights: who can see the network namespace can connect.
/// Threads, Lifetime: as a `unix_stream`. One `accept` at a time.
class unix_listener {
public:
    unix_listener() noexcept = default;
    /// Listens on a name; the empty one (`unix_endpoint()`) lets the system choose an abstract one.
    /// Errors: `std::system_error`: "bind unix:/run/a.sock: Address already in use".
    static unix_listener bind(const unix_endpoint& at, unix_listen_options options = {});

    /// Takes the next connection. Completes: with its stream. Errors: "accept unix:/run/a.sock: ..."; shortages are
    /// waited out as by `tcp_listener::accept`. Cancel: a connection that was accepted is never lost.
    unix_accept_await accept(place where = place::current()) noexcept { return {socket_, local_, where}; }

    /// Waits until somebody is in the line; accepts nobody. Errors, cancel: as `coil::readable`, and closing ends it.
    ready_await acceptable(place where = place::current()) noexcept {
        return {socket_, ready_await::side::readable, where};
    }

    /// Closes the listener; it is empty from the call on. Completes: as the `close` of a stream. Cancel: shielded.
    basic_close_await<unix_endpoint> close(place where = place::current()) noexcept { return {socket_, local_, where}; }

    bool is_open() const noexcept { return static_cast<bool>(socket_); }
    const unix_endpoint& local_endpoint() const noexcept { return local_; }
    /// The descriptor, which stays the listener's; -1 if it is empty.
    int native_handle() const noexcept { return socket_.number(); }

private:
    unix_listener(ring::descriptor socket, const unix_endpoint& local) noexcept
        : socket_(std::move(socket)), local_(local) {}
    ring::descriptor socket_;
    unix_endpoint local_;
};

}  // namespace coil::net
