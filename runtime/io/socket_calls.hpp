// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <utility>

namespace coil::net {

// What sockets ask of the kernel at once, through the ring of this thread; a negative errno is a value.

int open_tcp_socket(const endpoint& of) noexcept;
int set_flag(int socket, int level, int option, bool on) noexcept;
int set_no_delay_of(int socket, bool on) noexcept;

// Errors: `std::system_error`.

endpoint local_endpoint_of(int socket);
unix_endpoint local_unix_endpoint_of(int socket);
/// Two Unix sockets that are connected with each other.
std::pair<ring::descriptor, ring::descriptor> open_pair(int type);

}  // namespace coil::net
