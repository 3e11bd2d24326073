// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_datagram.hpp>

#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

namespace coil::net {

using ring::call;
using ring::call_here;

unix_datagram unix_datagram::make(const char* what, const unix_endpoint& named) {
    const long fd = call_here(call::socket(AF_UNIX, SOCK_DGRAM, 0));
    socket_options(static_cast<int>(fd), named).check(fd, what);
    return unix_datagram(ring::descriptor(static_cast<int>(fd), ring::keeper_here()));
}

unix_datagram unix_datagram::bind(const unix_endpoint& at) {
    unix_datagram s = make("bind", at);
    const socket_options socket(s.native_handle(), at);
    socket.check(call_here(call::bind(s.native_handle(), at.data(), at.size())), "bind");
    s.local_ = local_unix_endpoint_of(s.native_handle());
    return s;
}

unix_datagram unix_datagram::connect(const unix_endpoint& to) {
    unix_datagram s = make("connect", to);
    s.connect_to(to);
    return s;
}

unix_datagram unix_datagram::unbound() {
    return make("open", unix_endpoint());
}

std::pair<unix_datagram, unix_datagram> unix_datagram::pair() {
    auto [a, b] = open_pair(SOCK_DGRAM);
    std::pair<unix_datagram, unix_datagram> both{unix_datagram(std::move(a)), unix_datagram(std::move(b))};
    both.first.is_connected_ = both.second.is_connected_ = true;
    return both;
}

void unix_datagram::connect_to(const unix_endpoint& to) {
    const socket_options socket(native_handle(), to);
    socket.check(call_here(call::connect(native_handle(), to.data(), to.size())), "connect");
    peer_ = to;
    is_connected_ = true;
}

}  // namespace coil::net
