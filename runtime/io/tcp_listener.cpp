// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tcp_listener.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/ring/io_home.hpp>

namespace coil::net {

namespace {

void check(long result, const char* what, const endpoint& at) {
    if (result < 0) throw_errno(static_cast<int>(-result), what, to_string(at));
}

void set_options(int fd, const endpoint& at, const listen_options& options) {
    const socket_options socket(fd, at);
    socket.set_reuse_address(options.reuse_address);
    if (options.reuse_port) socket.set_reuse_port(true);
    if (at.is_v6()) socket.set_v6_only(options.v6_only);
    // what is accepted inherits these: no call per connection
    if (options.no_delay) socket.set_no_delay(true);
    if (options.keep_alive.on) socket.set_keep_alive(options.keep_alive);
    if (options.send_buffer != 0) socket.set_send_buffer(options.send_buffer);
    if (options.receive_buffer != 0) socket.set_receive_buffer(options.receive_buffer);
}

}  // namespace

tcp_listener tcp_listener::bind(const endpoint& at, listen_options options) {
    const int fd = open_tcp_socket(at);
    check(fd, "bind", at);
    ring::descriptor socket(fd, ring::keeper_here());
    set_options(fd, at, options);
    check(ring::call_here(ring::call::bind(fd, at.data(), at.size())), "bind", at);
    check(ring::call_here(ring::call::listen(fd, options.backlog)), "listen", at);
    return tcp_listener(std::move(socket), local_endpoint_of(fd));
}

}  // namespace coil::net
