// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/socket_calls.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <utility>

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

namespace {

template <class Name>
Name local_name_of(int socket) {
    sockaddr_storage address;
    unsigned size = sizeof address;
    const auto generic = reinterpret_cast<sockaddr*>(&address);
    if (const long r = call_here(call::getsockname(socket, generic, &size)); r < 0)
        throw_errno(static_cast<int>(-r), "local_endpoint");
    return Name::from(generic, size);
}

}  // namespace

endpoint local_endpoint_of(int socket) {
    return local_name_of<endpoint>(socket);
}

unix_endpoint local_unix_endpoint_of(int socket) {
    return local_name_of<unix_endpoint>(socket);
}

std::pair<ring::descriptor, ring::descriptor> open_pair(int type) {
    std::array<int, 2> two{-1, -1};
    const long r = call_here(call::socketpair(AF_UNIX, type, 0, two.data()));
    if (r < 0) throw_errno(static_cast<int>(-r), "pair");
    ring::ring* const keeper = ring::keeper_here();
    int second = two[1];
    try {
        ring::descriptor a(two[0], keeper);
        ring::descriptor b(std::exchange(second, -1), keeper);
        return {std::move(a), std::move(b)};
    } catch (...) {
        // no memory for the first: the second has no owner yet
        if (second >= 0) ring::descriptor(second, keeper).reset();
        throw;
    }
}

}  // namespace coil::net
