// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tcp_stream.hpp>

#include <coil/runtime/io/socket_calls.hpp>

namespace coil::net {

endpoint tcp_stream::local_endpoint() const {
    return local_endpoint_of(native_handle());
}

}  // namespace coil::net
