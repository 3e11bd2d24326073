// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/socket_options.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::keep_alive_options;

TEST_CASE("what is set on a stream is what it says") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        client.set_no_delay(false);
        CHECK_FALSE(client.no_delay());
        CHECK(server.no_delay());

        CHECK_FALSE(client.keep_alive().on);
        client.set_keep_alive({.idle = 31s, .interval = 7s, .count = 3});
        const keep_alive_options k = client.keep_alive();
        CHECK(k.on);
        CHECK(k.idle == 31s);
        CHECK(k.interval == 7s);
        CHECK(k.count == 3);
        client.set_keep_alive(false);
        CHECK_FALSE(client.keep_alive().on);
        CHECK(client.keep_alive().idle == 31s);

        client.set_keep_alive({.idle = 1min, .interval = 1500ms});
        CHECK(client.keep_alive().idle == 60s);
        CHECK(client.keep_alive().interval == 2s);  // a part of a second counts as one
        // nothing overflows on its way to the system, which takes 32,767 seconds at most
        CHECK_THROWS_WITH_AS(client.set_keep_alive({.idle = std::chrono::hours::max()}),
                             doctest::Contains("set_keep_alive"), std::system_error);

        CHECK_FALSE(client.linger().has_value());
        client.set_linger(5s);
        CHECK(client.linger() == 5s);
        client.set_linger(1ms);
        CHECK(client.linger() == 1s);
        CHECK_THROWS_AS(client.set_linger(-1ms), std::system_error);
        client.set_linger(std::chrono::hours::max());
        CHECK(client.linger().value() > 24h);
        client.set_linger(std::nullopt);
        CHECK_FALSE(client.linger().has_value());

        client.set_send_buffer(20'000);
        CHECK(client.send_buffer() >= 20'000);
        CHECK(client.send_buffer() <= 80'000);
        client.set_receive_buffer(30'000);
        CHECK(client.receive_buffer() >= 30'000);
        CHECK(client.receive_buffer() <= 120'000);
    }());
}

TEST_CASE("a lingering time of zero resets the connection") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        client.set_linger(0s);
        co_await client.close();
        char c = 0;
        auto r = co_await coil::as_result(server.read(coil::byte_span(&c, 1)));
        CHECK(r.error() == std::errc::connection_reset);
    }());
}

TEST_CASE("options of bind reach what is accepted, those of connect what is connected") {
    coil::run([]() -> task<> {
        auto l = tcp_listener::bind(
            {"127.0.0.1", 0},
            {.no_delay = false, .keep_alive = {.idle = 44s}, .send_buffer = 20'000, .receive_buffer = 20'000});
        auto [client, server] = co_await coil::when_all(
            tcp_stream::connect(l.local_endpoint(), {.keep_alive = {.idle = 45s}, .receive_buffer = 30'000}),
            l.accept());
        CHECK_FALSE(server.no_delay());
        CHECK(server.keep_alive().on);
        CHECK(server.keep_alive().idle == 44s);
        CHECK(server.send_buffer() <= 80'000);
        CHECK(server.receive_buffer() <= 80'000);
        CHECK(client.no_delay());
        CHECK(client.keep_alive().on);
        CHECK(client.keep_alive().idle == 45s);
        CHECK(client.receive_buffer() <= 120'000);
        auto [plain, other] =
            co_await coil::when_all(tcp_stream::connect(l.local_endpoint(), {.no_delay = false}), l.accept());
        CHECK_FALSE(plain.no_delay());
        CHECK_FALSE(plain.keep_alive().on);
    }());
}

TEST_CASE("an option that is refused is an error with its name and the socket's") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::string peer = to_string(client.peer_endpoint());
        CHECK_THROWS_WITH_AS(client.set_keep_alive({.idle = -1s}),
                             ("set_keep_alive " + peer + ": Invalid argument").c_str(), std::system_error);
        CHECK_THROWS_WITH_AS(client.set_linger(-1s), ("set_linger " + peer + ": Invalid argument").c_str(),
                             std::system_error);
        co_await client.close();
        CHECK_THROWS_WITH_AS(client.set_send_buffer(1), ("set_send_buffer " + peer + ": Bad file descriptor").c_str(),
                             std::system_error);
        CHECK_THROWS_AS((void)client.keep_alive(), std::system_error);

        const tcp_listener l = listen();
        const auto before = open_descriptors();
        auto r = co_await coil::as_result(tcp_stream::connect(l.local_endpoint(), {.keep_alive = {.count = -5}}));
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error() == std::errc::invalid_argument);
        CHECK(r.error().message() == "set_keep_alive " + to_string(l.local_endpoint()) + ": Invalid argument");
        CHECK_THROWS_WITH_AS(tcp_listener::bind({"127.0.0.1", 0}, {.keep_alive = {.idle = -1s}}),
                             "set_keep_alive 127.0.0.1:0: Invalid argument", std::system_error);
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("one port for each family, where a listener says so") {
    try {
        const tcp_listener six = tcp_listener::bind({"::", 0}, {.v6_only = true});
        const tcp_listener four = tcp_listener::bind({"0.0.0.0", six.local_endpoint().port()});
        CHECK(four.is_open());
        const tcp_listener both = tcp_listener::bind({"::", 0});
        CHECK_THROWS_AS(tcp_listener::bind({"0.0.0.0", both.local_endpoint().port()}), std::system_error);
    } catch (const std::system_error& e) {
        if (e.code() != std::errc::address_family_not_supported && e.code() != std::errc::address_not_available) throw;
        MESSAGE("no IPv6 here");
    }
}
