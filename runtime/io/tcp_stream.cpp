// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tcp_stream.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/socket_calls.hpp>

namespace coil::net {

endpoint tcp_stream::local_endpoint() const {
    return local_endpoint_of(native_handle());
}

void tcp_stream::set_no_delay(bool on) {
    if (const int r = set_no_delay_of(native_handle(), on); r < 0) throw_errno(-r, "set_no_delay", to_string(peer_));
}

}  // namespace coil::net
