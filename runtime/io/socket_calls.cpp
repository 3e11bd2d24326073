// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/socket_calls.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace coil::net {

using ring::call;
using ring::call_here;

int open_tcp_socket(const endpoint& of) noexcept {
    return static_cast<int>(call_here(call::socket(of.family(), SOCK_STREAM, 0)));
}

int set_flag(int socket, int level, int option, bool on) noexcept {
    const int value = on ? 1 : 0;
    return static_cast<int>(call_here(call::setsockopt(socket, level, option, &value, sizeof value)));
}

int set_no_delay_of(int socket, bool on) noexcept {
    return set_flag(socket, IPPROTO_TCP, TCP_NODELAY, on);
}

endpoint local_endpoint_of(int socket) {
    sockaddr_storage address;
    unsigned size = sizeof address;
    const auto generic = reinterpret_cast<sockaddr*>(&address);
    if (const long r = call_here(call::getsockname(socket, generic, &size)); r < 0)
        throw_errno(static_cast<int>(-r), "local_endpoint");
    return endpoint::from(generic, size);
}

}  // namespace coil::net
