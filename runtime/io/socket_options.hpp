// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/io/endpoint.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace coil::net {

/// Says when a peer that is silent is asked whether it lives.
/// Shape: what is 0 stays as the system has it (usually two hours, 75 seconds, 9). Units: durations are rounded up to whole
/// seconds, of which the system takes 32,767 at most.
struct keep_alive_options {
    bool on = true;
    any_duration idle = nanoseconds::zero();      // silence before the first question
    any_duration interval = nanoseconds::zero();  // between two
    int count = 0;                                // unanswered ones after which the connection is lost
};

/// Reads and sets what is set on sockets of every kind, by the number of one; the members of the socket classes call
/// it.
/// Shape: sizes are what the system grants: it counts its own bookkeeping too, and answers with about twice what was
/// asked for, up to a limit (net.core.wmem_max, rmem_max).
/// Errors: `std::system_error` whose text names the option and the socket: "set_keep_alive 127.0.0.1:80: ...".
/// Cost: one system call each.
class socket_options {
public:
    template <class Name>
    socket_options(int socket, const Name& name) noexcept
        : socket_options(socket, &name, [](const void* n) { return to_string(*static_cast<const Name*>(n)); }) {}
    /// The same for whoever tells the name only when it is needed.
    socket_options(int socket, const void* whose, std::string (*name)(const void*)) noexcept
        : socket_(socket), name_(whose), text_(name) {}

    void set_no_delay(bool on) const;
    bool no_delay() const;
    void set_reuse_address(bool on) const;
    void set_reuse_port(bool on) const;
    void set_v6_only(bool on) const;
    bool v6_only() const;
    void set_keep_alive(const keep_alive_options& how) const;
    keep_alive_options keep_alive() const;
    void set_send_buffer(std::size_t bytes) const;
    std::size_t send_buffer() const;
    void set_receive_buffer(std::size_t bytes) const;
    std::size_t receive_buffer() const;
    void set_linger(std::optional<any_duration> wait) const;
    std::optional<std::chrono::seconds> linger() const;
    void set_broadcast(bool on) const;
    bool broadcast() const;
    void set_multicast_loop(bool on, bool v6) const;
    void set_multicast_hops(int hops, bool v6) const;
    void join_group(const endpoint& group, unsigned interface) const;
    void leave_group(const endpoint& group, unsigned interface) const;

    /// Sets a number that has no name here. `what` is for the error's text.
    void set(const char* what, int level, int option, int value) const;
    int get(const char* what, int level, int option) const;
    /// Throws for a negative errno.
    void check(long result, const char* what) const;

private:
    void change_group(const char* what, bool join, const endpoint& group, unsigned interface) const;

    int socket_;
    const void* name_;
    std::string (*text_)(const void*);
};

}  // namespace coil::net
