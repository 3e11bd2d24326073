// SPDX-License-Identifier: BSL-1.0
// Two ends of a TLS session.
#pragma once
#include "certificates.hpp"
#include "loopback.hpp"

#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/io/tls_stream.hpp>

#include <string>
#include <utility>

namespace io_test {

using coil::net::tls_context;
using coil::net::tls_errc;
using coil::net::tls_stream;

struct tls_ends {
    tls_ends(tls_stream c, tls_stream s) : client(std::move(c)), server(std::move(s)) {}
    tls_stream client, server;
};

inline task<tls_ends> agreed(const tls_context& client, const tls_context& server, std::string host = "server.test") {
    both_ends tcp = co_await connected();
    auto [c, s] = co_await coil::when_all(tls_stream::client(std::move(tcp.client), client, host),
                                          tls_stream::server(std::move(tcp.server), server));
    co_return tls_ends(std::move(c), std::move(s));
}

inline task<tls_ends> agreed() {
    static const tls_context client = client_context(), server = server_context();
    return agreed(client, server);
}

}  // namespace io_test
