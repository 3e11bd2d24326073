// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_stream.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

namespace coil::net {

using ring::call;
using ring::call_here;

std::pair<unix_stream, unix_stream> unix_stream::pair() {
    auto [a, b] = open_pair(SOCK_STREAM);
    return {unix_stream(std::move(a)), unix_stream(std::move(b))};
}

peer_credentials unix_stream::peer_credentials() const {
    ucred c{};
    unsigned size = sizeof c;
    options().check(call_here(call::getsockopt(native_handle(), SOL_SOCKET, SO_PEERCRED, &c, &size)),
                    "peer_credentials");
    return {.pid = c.pid, .uid = c.uid, .gid = c.gid};
}

}  // namespace coil::net
