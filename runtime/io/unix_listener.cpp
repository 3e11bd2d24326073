// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_listener.hpp>

#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

namespace coil::net {

using ring::call;
using ring::call_here;

unix_stream unix_accept_await::value(int fd) const {
    return unix_stream(ring::descriptor(fd, ring::keeper_here(), local_.kept()), local_);
}

error unix_accept_await::failure(int error) const {
    return operation_error(error, "accept", to_string(local_));
}

unix_listener unix_listener::bind(const unix_endpoint& at, unix_listen_options options) {
    const long fd = call_here(call::socket(AF_UNIX, SOCK_STREAM, 0));
    const socket_options socket(static_cast<int>(fd), at);
    socket.check(fd, "bind");
    ring::descriptor owned(static_cast<int>(fd), ring::keeper_here());
    if (options.send_buffer != 0) socket.set_send_buffer(options.send_buffer);
    if (options.receive_buffer != 0) socket.set_receive_buffer(options.receive_buffer);
    socket.check(call_here(call::bind(owned.number(), at.data(), at.size())), "bind");
    socket.check(call_here(call::listen(owned.number(), options.backlog)), "listen");
    const unix_endpoint local = local_unix_endpoint_of(owned.number());
    return unix_listener(std::move(owned), local);
}

}  // namespace coil::net
