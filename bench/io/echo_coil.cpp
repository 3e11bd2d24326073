// SPDX-License-Identifier: BSL-1.0
// Echo rows: coil.
// --mode plain    reads into the connection's own buffer, writes it back
// --mode timeout  the same with a timeout around every read
// --mode receive  into a buffer that the loop lends: the connection owns none
// --mode pool     the handler has the pool for its home (--threads workers)
// --threads N     in the other modes: N loops, each with its own listener on the port
#include <coil/runtime.hpp>
#include <coil/runtime/io/tcp_listener.hpp>
#include <coil/runtime/io/tcp_stream.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "../measure/allocations.hpp"
#include "echo_options.hpp"

namespace {

using namespace std::chrono_literals;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

echo::options o;

coil::task<> plain(tcp_stream s) {
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(o.buffer);
    const std::span buffer(memory.get(), o.buffer);
    for (;;) {
        const std::size_t n = co_await s.read(buffer);
        if (n == 0) co_return;
        co_await s.write(buffer.first(n));
    }
}

coil::task<> with_timeout(tcp_stream s) {
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(o.buffer);
    const std::span buffer(memory.get(), o.buffer);
    for (;;) {
        const std::size_t n = co_await coil::timeout(10s, s.read(buffer));
        if (n == 0) co_return;
        co_await s.write(buffer.first(n));
    }
}

coil::task<> on_the_pool(tcp_stream s) {
    co_await coil::resume_on(coil::pool());
    co_await plain(std::move(s));
}

// What only a request needs lies in a frame of its own, which a connection that waits for one does without.
coil::task<> answer(tcp_stream& s, coil::chunk c) {
    co_await s.write(c);
}

coil::task<> lent(tcp_stream s) {
    try {
        for (;;) {
            coil::chunk c = co_await s.receive();
            if (c.empty()) co_return;
            co_await answer(s, std::move(c));
        }
    } catch (const std::system_error&) {}
}

// A client that vanishes ends its own connection and nothing else.
coil::task<> session(tcp_stream s) {
    try {
        if (o.mode == "timeout") co_await with_timeout(std::move(s));
        else if (o.mode == "pool") co_await on_the_pool(std::move(s));
        else co_await plain(std::move(s));
    } catch (const std::system_error&) {}
}

coil::task<> serve(tcp_listener& l) {
    for (;;) {
        tcp_stream s = co_await l.accept();
        (void)coil::spawn(o.mode == "receive" ? lent(std::move(s)) : session(std::move(s)), {.daemon = true});
    }
}

tcp_listener bind() {
    return tcp_listener::bind(coil::net::endpoint{"127.0.0.1", o.port}, {.reuse_port = true});
}

}  // namespace

int main(int argc, char** argv) {
    o = echo::parse(argc, argv);
    measure::count_allocations_in(o.counts->allocations);
    const bool pool = o.mode == "pool";
    tcp_listener first = bind();
    o.port = first.local_endpoint().port();
    std::vector<std::thread> more;
    for (unsigned i = 1; i < o.threads && !pool; ++i)
        more.emplace_back([] {
            tcp_listener own = bind();
            coil::run(serve(own));
        });
    echo::announce(o.port);
    coil::run(serve(first), {.pool_size = pool ? o.threads : 1U});
    for (auto& t : more)
        t.join();
}
