// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/udp_socket.hpp>

#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

namespace coil::net {

using ring::call;
using ring::call_here;

// There is no entry that connects or binds a socket of this kind better than a call, which never waits.

udp_socket udp_socket::make(const char* what, const endpoint& named, const udp_options& options) {
    const long fd = call_here(call::socket(named.family(), SOCK_DGRAM, 0));
    const socket_options socket(static_cast<int>(fd), named);
    socket.check(fd, what);
    ring::descriptor owned(static_cast<int>(fd), ring::keeper_here());
    if (options.reuse_address) socket.set_reuse_address(true);
    if (options.reuse_port) socket.set_reuse_port(true);
    if (named.is_v6()) socket.set_v6_only(options.v6_only);
    if (options.broadcast) socket.set_broadcast(true);
    if (options.send_buffer != 0) socket.set_send_buffer(options.send_buffer);
    if (options.receive_buffer != 0) socket.set_receive_buffer(options.receive_buffer);
    return udp_socket(std::move(owned), named);
}

udp_socket udp_socket::bind(const endpoint& at, udp_options options) {
    udp_socket s = make("bind", at, options);
    s.options().check(call_here(call::bind(s.native_handle(), at.data(), at.size())), "bind");
    s.local_ = local_endpoint_of(s.native_handle());
    return s;
}

udp_socket udp_socket::connect(const endpoint& to, udp_options options) {
    udp_socket s = make("connect", to, options);
    s.connect_to(to);
    return s;
}

void udp_socket::connect_to(const endpoint& to) {
    const socket_options socket(native_handle(), to);
    socket.check(call_here(call::connect(native_handle(), to.data(), to.size())), "connect");
    local_ = local_endpoint_of(native_handle());
    peer_ = to;
    is_connected_ = true;
}

}  // namespace coil::net
