// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tcp_listener.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

namespace coil::net {

namespace {

void check(long result, const char* what, const endpoint& at) {
    if (result < 0) throw_errno(static_cast<int>(-result), what, to_string(at));
}

}  // namespace

tcp_listener tcp_listener::bind(const endpoint& at, listen_options options) {
    const int fd = open_tcp_socket(at);
    check(fd, "bind", at);
    ring::descriptor socket(fd, ring::keeper_here());
    check(set_flag(fd, SOL_SOCKET, SO_REUSEADDR, options.reuse_address), "bind", at);
    check(set_flag(fd, SOL_SOCKET, SO_REUSEPORT, options.reuse_port), "bind", at);
    // what is accepted inherits it: no call per connection
    check(set_no_delay_of(fd, true), "bind", at);
    check(ring::call_here(ring::call::bind(fd, at.data(), at.size())), "bind", at);
    check(ring::call_here(ring::call::listen(fd, options.backlog)), "listen", at);
    return tcp_listener(std::move(socket), local_endpoint_of(fd));
}

}  // namespace coil::net
