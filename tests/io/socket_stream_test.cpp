// SPDX-License-Identifier: BSL-1.0
// What streams of every kind have in common; `tcp_stream_test` and `unix_stream_test` show the rest.
#include <coil/runtime/io/socket_stream.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <ostream>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;

static_assert(std::is_base_of_v<coil::net::socket_stream<endpoint>, tcp_stream>);
static_assert(!std::is_constructible_v<coil::net::socket_stream<endpoint>>);

// What an idle connection holds beside its slot: its stream, and the receive that it waits in.
static_assert(sizeof(tcp_stream) == sizeof(void*) && sizeof(coil::net::unix_stream) == sizeof(void*));
static_assert(sizeof(coil::net::basic_receive_chunk_await<endpoint>) <= 128);

TEST_CASE("a peer's name is known as long as the stream is, and to those who fail after that") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const endpoint peer = client.peer_endpoint();
        std::string told;
        const auto reading = [&]() -> task<> {
            auto r = co_await coil::as_result(client.receive());
            told = r.error().message();
        };
        auto h = coil::spawn(reading());
        co_await coil::yield();
        {
            const tcp_stream elsewhere = std::move(client);
            CHECK(elsewhere.peer_endpoint() == peer);
            CHECK(client.peer_endpoint() == endpoint());
        }
        co_await h;
        CHECK(told == "receive " + to_string(peer) + ": Operation canceled");
        const endpoint other = server.peer_endpoint();
        co_await server.close();
        CHECK_FALSE(server.is_open());
        CHECK(server.peer_endpoint() == other);
        auto w = co_await coil::as_result(server.write("x"));
        CHECK(w.error().message() == "write " + to_string(other) + ": Bad file descriptor");
    }());
}

TEST_CASE("a peer that goes in the middle of a large write ends it, with how far it came and no signal") {
    const bool reset = std::signal(SIGPIPE, SIG_DFL) != SIG_ERR;
    REQUIRE(reset);
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::vector<char> much(64 << 20, 'x');
        std::size_t sent = 0;
        std::error_code why;
        const auto writing = [&]() -> task<> {
            try {
                co_await client.write(much);
            } catch (const coil::transfer_error& e) {
                sent = e.transferred();
                why = e.code();
                CHECK(std::string(e.what()).starts_with("write " + to_string(client.peer_endpoint()) + " after "));
            }
        };
        auto w = coil::spawn(writing());
        std::vector<char> part(1 << 20);
        co_await server.read_exactly(part);
        server.set_linger(0s);  // it crashes, as far as the peer can tell
        co_await server.close();
        co_await w;
        CHECK((why == std::errc::connection_reset || why == std::errc::broken_pipe));
        CHECK(sent >= part.size());
        CHECK(sent < much.size());
        for (int i = 0; i < 3; ++i) {
            auto r = co_await coil::as_result(client.write("again"));
            CHECK_FALSE(r.has_value());
        }
    }());
}
