// SPDX-License-Identifier: BSL-1.0
// Echo rows: coil.
// --mode plain    read into the connection's own buffer, write it back
// --mode timeout  the same with a timeout around every read
// --mode receive  receive() lends a buffer from the loop's pool: nothing is held while idle
// --mode pool     the handler has the pool for its home (--threads workers)
// --threads N     with plain: on N loops
#include <coil/runtime.hpp>

#include <chrono>
#include <coroutine>
#include <string_view>
#include <system_error>
#include <vector>

#include "../measure/allocations.hpp"
#include "echo_options.hpp"

namespace {

using namespace std::chrono_literals;
using coil::net::tcp_stream;

echo::options o;

// A client that vanishes ends its own connection and nothing else.
template <class Read>
coil::task<> echo_with(tcp_stream& s, Read read) {
    std::vector<std::byte> buffer(o.buffer);
    try {
        for (;;) {
            const std::size_t n = co_await read(s, std::span(buffer));
            if (n == 0) break;
            co_await s.write(std::span(buffer).first(n));
        }
    } catch (const std::system_error&) {
    }
}

coil::task<> plain(tcp_stream s) {
    co_await echo_with(s, [](tcp_stream& from, std::span<std::byte> into) { return from.read(into); });
}

coil::task<> with_timeout(tcp_stream s) {
    co_await echo_with(s, [](tcp_stream& from, std::span<std::byte> into) { return coil::timeout(10s, from.read(into)); });
}

coil::task<> on_pool(tcp_stream s) {
    co_await coil::resume_on(coil::pool());
    co_await plain(std::move(s));
}

coil::task<> receive(tcp_stream s) {
    try {
        for (;;) {
            auto chunk = co_await s.receive();
            if (chunk.empty()) break;
            co_await s.write(std::span(chunk));
        }
    } catch (const std::system_error&) {
    }
}

coil::task<> amain() {
    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", o.port});
    echo::announce(l.local_endpoint().port());
    auto handler = o.mode == "timeout" ? with_timeout : o.mode == "receive" ? receive : o.mode == "pool" ? on_pool : plain;
    co_await coil::net::serve(l, handler, {.max_connections = 20'000, .loops = o.mode == "pool" ? 1U : o.threads});
}

}  // namespace

int main(int argc, char** argv) {
    o = echo::parse(argc, argv);
    measure::count_allocations_in(o.counts->allocations);
    coil::run(amain(), {.pool_size = o.threads});
}
