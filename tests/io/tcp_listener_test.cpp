// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tcp_listener.hpp>

#include "loopback.hpp"
#include "low_limit.hpp"

#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace io_test;

TEST_CASE("a listener gets a port of the system's choice and knows it") {
    coil::run([]() -> task<> {
        tcp_listener l = tcp_listener::bind({"127.0.0.1", 0});
        CHECK(l.is_open());
        CHECK(l.local_endpoint().host() == "127.0.0.1");
        CHECK(l.local_endpoint().port() != 0);
        CHECK((fcntl(l.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        tcp_listener moved = std::move(l);
        CHECK_FALSE(l.is_open());
        CHECK(moved.is_open());
        co_await moved.close();
        CHECK_FALSE(moved.is_open());
    }());
}

TEST_CASE("a listener is made outside of a run as well") {
    tcp_listener l = listen();
    coil::run([](tcp_listener mine) -> task<> {
        auto [client, server] =
            co_await coil::when_all(tcp_stream::connect(mine.local_endpoint()), mine.accept());
        CHECK(client.peer_endpoint() == mine.local_endpoint());
        CHECK(server.peer_endpoint() == client.local_endpoint());
    }(std::move(l)));
}

TEST_CASE("a port that is taken, an address that is not ours, a missing right: each is an error of bind") {
    const tcp_listener first = listen();
    const std::string name = to_string(first.local_endpoint());
    try {
        tcp_listener::bind(first.local_endpoint());
        FAIL("bound twice");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::address_in_use);
        const std::string text = e.what();
        CHECK_MESSAGE((text == "bind " + name + ": Address already in use" ||
                       text == "listen " + name + ": Address already in use"),
                      text);
    }
    CHECK_THROWS_WITH_AS(tcp_listener::bind({"203.0.113.7", 0}),
                         "bind 203.0.113.7:0: Cannot assign requested address", std::system_error);
    const auto before = open_descriptors();
    CHECK_THROWS_AS(tcp_listener::bind(first.local_endpoint()), std::system_error);
    CHECK(open_descriptors() == before);
    const auto without = [&] {
        const low_limit none(0);
        tcp_listener::bind({"127.0.0.1", 0});
    };
    CHECK_THROWS_WITH_AS(without(), "bind 127.0.0.1:0: Too many open files", std::system_error);
}

TEST_CASE("listeners that say so share a port, and none is without work for long") {
    coil::run([]() -> task<> {
        tcp_listener a = tcp_listener::bind({"127.0.0.1", 0}, {.reuse_port = true});
        tcp_listener b = tcp_listener::bind(a.local_endpoint(), {.reuse_port = true});
        CHECK(a.local_endpoint() == b.local_endpoint());
        int of_a = 0, of_b = 0;
        const auto accepts = [](tcp_listener& l, int& count) -> task<> {
            for (;;) {
                co_await l.accept();
                ++count;
            }
        };
        auto ha = coil::spawn(accepts(a, of_a), {.daemon = true});
        auto hb = coil::spawn(accepts(b, of_b), {.daemon = true});
        std::vector<tcp_stream> clients;
        for (int i = 0; i < 64; ++i)
            clients.push_back(co_await tcp_stream::connect(a.local_endpoint()));
        co_await until([&] { return of_a + of_b == 64; });
        CHECK(of_a > 0);
        CHECK(of_b > 0);
    }());
}

TEST_CASE("a port whose last connection lingers can be bound again at once") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        auto [client, server] = co_await coil::when_all(tcp_stream::connect(l.local_endpoint()), l.accept());
        co_await server.close();  // this side lingers
        char c = 0;
        CHECK(co_await client.read(coil::byte_span(&c, 1)) == 0);
        co_await client.close();
        co_await l.close();
        tcp_listener again = tcp_listener::bind(l.local_endpoint());
        CHECK(again.local_endpoint() == l.local_endpoint());
    }());
}
