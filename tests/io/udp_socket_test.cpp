// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/udp_socket.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::udp_socket;

namespace {

udp_socket here() {
    return udp_socket::bind({"127.0.0.1", 0});
}

}  // namespace

TEST_CASE("datagrams go to and fro, and tell who sent them") {
    coil::run([]() -> task<> {
        udp_socket a = here(), b = here();
        CHECK(a.local_endpoint().port() != 0);
        CHECK((fcntl(a.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK(co_await a.send_to("hello", b.local_endpoint()) == 5);
        std::array<char, 64> buffer{};
        const auto got = co_await b.receive_from(buffer);
        CHECK(got.size == 5);
        CHECK(got.from == a.local_endpoint());
        CHECK_FALSE(got.truncated);
        CHECK(std::string(buffer.data(), got.size) == "hello");
        co_await b.send_to("and back", got.from);
        auto [size, from] = co_await a.receive_from(buffer);
        CHECK(size == 8);
        CHECK(from == b.local_endpoint());
        // of no bytes: no end
        co_await a.send_to("", b.local_endpoint());
        co_await a.send_to("x", b.local_endpoint());
        CHECK(co_await b.receive_from(buffer) == 0);
        CHECK(co_await b.receive_from(buffer) == 1);
        co_await a.close();
        CHECK_FALSE(a.is_open());
    }());
}

TEST_CASE("what is larger than the buffer is cut, and said to be") {
    coil::run([]() -> task<> {
        udp_socket a = here(), b = here();
        co_await a.send_to("0123456789", b.local_endpoint());
        co_await a.send_to("next", b.local_endpoint());
        std::string text(4, '.');
        const auto cut = co_await b.receive_from(text);
        CHECK(cut.truncated);
        CHECK(cut.size == 4);
        CHECK(text == "0123");
        const auto next = co_await b.receive_from(text);
        CHECK_FALSE(next.truncated);
        CHECK(text == "next");
    }());
}

TEST_CASE("a connected socket speaks with one endpoint only") {
    coil::run([]() -> task<> {
        udp_socket server = here(), stranger = here();
        udp_socket client = udp_socket::connect(server.local_endpoint());
        CHECK(client.peer_endpoint() == server.local_endpoint());
        CHECK(client.local_endpoint().host() == "127.0.0.1");
        co_await client.send("ping");
        std::array<char, 16> buffer{};
        const auto asked = co_await server.receive_from(buffer);
        CHECK(asked.from == client.local_endpoint());
        co_await stranger.send_to("no", client.local_endpoint());
        co_await server.send_to("pong", asked.from);
        const std::size_t n = co_await client.receive(buffer);
        CHECK(std::string(buffer.data(), n) == "pong");
        server.connect_to(client.local_endpoint());
        co_await server.send("more");
        const auto more = co_await client.receive(buffer);
        CHECK(more.size == 4);
        CHECK(more.from == server.local_endpoint());
    }());
}

TEST_CASE("errors of datagrams name the operation and the other side") {
    coil::run([]() -> task<> {
        udp_socket a = here();
        CHECK_THROWS_WITH_AS(udp_socket::bind(a.local_endpoint()),
                             ("bind " + to_string(a.local_endpoint()) + ": Address already in use").c_str(),
                             std::system_error);
        const std::vector<char> huge(70'000);
        const endpoint nobody("127.0.0.1", 9);
        auto large = co_await coil::as_result(a.send_to(huge, nobody));
        REQUIRE_FALSE(large.has_value());
        CHECK(large.error().message() == "send_to 127.0.0.1:9: Message too long");
        auto nowhere = co_await coil::as_result(a.send("x"));
        CHECK(nowhere.error() == std::errc::destination_address_required);
        // Nobody listens: the answer to the first is the error of what comes next.
        endpoint gone;
        {
            udp_socket was = here();
            gone = was.local_endpoint();
        }
        udp_socket c = udp_socket::connect(gone);
        co_await c.send("anybody?");
        std::array<char, 8> buffer{};
        auto refused = co_await coil::as_result(c.receive(buffer));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().message() == "receive " + to_string(gone) + ": Connection refused");
        co_await c.close();
        auto closed = co_await coil::as_result(c.send("x"));
        CHECK(closed.error() == std::errc::bad_file_descriptor);
        co_await c.close();  // of nothing
    }());
}

TEST_CASE(
    "datagram operations that are stopped before take nothing; one that waits is stopped, and no datagram is lost") {
    coil::run([]() -> task<> {
        udp_socket a = here(), b = here();
        std::string text(8, '.');
        int stopped = 0;
        const auto refused = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await a.send_to("never", b.local_endpoint());
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await b.receive_from(text);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(refused());
        (void)co_await coil::as_result(h.join_for(1h));
        CHECK(stopped == 2);
        const auto waits = [&]() -> task<> {
            try {
                co_await b.receive_from(text);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto w = coil::spawn(waits());
        co_await suspended(w);
        w.cancel();
        co_await w;
        CHECK(stopped == 3);
        CHECK(text == "........");

        // A deadline races with each of them.
        int received = 0;
        for (int i = 0; i < 1000; ++i) {
            co_await a.send_to(std::array{i}, b.local_endpoint());
            int value = -1;
            for (;;) {
                auto r = co_await coil::as_result(coil::timeout(0us, b.receive_from(std::span(&value, 1))));
                if (r.has_value()) break;
            }
            if (value == i) ++received;
        }
        CHECK(received == 1000);
    }());
}

TEST_CASE("closing a socket ends what waits on it; it can be used from the pool") {
    coil::run([]() -> task<> {
        udp_socket a = here(), b = here();
        std::string text(8, '.');
        std::error_code why;
        const auto waits = [&]() -> task<> {
            auto r = co_await coil::as_result(b.receive_from(text));
            why = r.error().code();
        };
        auto w = coil::spawn(waits());
        co_await suspended(w);
        co_await b.close();
        co_await w;
        CHECK(why == std::errc::operation_canceled);

        udp_socket c = here();
        const auto echo = [&]() -> task<> {
            std::array<char, 8> buffer{};
            for (int i = 0; i < 50; ++i) {
                const auto d = co_await c.receive_from(buffer);
                CHECK(coil::pool().here());
                co_await c.send_to(std::span(buffer).first(d.size), d.from);
            }
        };
        auto h = coil::spawn_on(coil::pool(), echo());
        for (int i = 0; i < 50; ++i) {
            co_await a.send_to("abc", c.local_endpoint());
            CHECK(co_await a.receive_from(text) == 3);
        }
        co_await h;
    }());
}

TEST_CASE("options of datagrams are what they say") {
    coil::run([]() -> task<> {
        udp_socket a =
            udp_socket::bind({"127.0.0.1", 0}, {.reuse_port = true, .broadcast = true, .receive_buffer = 20'000});
        const udp_socket b = udp_socket::bind(a.local_endpoint(), {.reuse_port = true});
        CHECK(b.local_endpoint() == a.local_endpoint());
        CHECK(a.broadcast());
        CHECK_FALSE(b.broadcast());
        CHECK(a.receive_buffer() <= 80'000);
        a.set_send_buffer(20'000);
        CHECK(a.send_buffer() >= 20'000);
        a.set_multicast_hops(2);
        a.set_multicast_loop(true);
        CHECK_THROWS_WITH_AS(
            a.join_group({"127.0.0.1", 0}),
            ("join_group 127.0.0.1:0 of " + to_string(a.local_endpoint()) + ": Invalid argument").c_str(),
            std::system_error);
        co_return;
    }());
}

TEST_CASE("IPv6 datagrams are no different") {
    coil::run([]() -> task<> {
        try {
            udp_socket a = udp_socket::bind({"::1", 0}), b = udp_socket::bind({"::1", 0});
            co_await a.send_to("six", b.local_endpoint());
            std::string text(3, '.');
            const auto d = co_await b.receive_from(text);
            CHECK(d.from == a.local_endpoint());
            CHECK(text == "six");
        } catch (const std::system_error& e) {
            if (e.code() != std::errc::address_not_available && e.code() != std::errc::address_family_not_supported)
                throw;
            MESSAGE("no IPv6 here");
        }
    }());
}

TEST_CASE("closed datagram sockets leave no descriptor behind") {
    coil::run([]() -> task<> {
        const endpoint at = here().local_endpoint();
        const auto before = open_descriptors();
        for (int i = 0; i < 10; ++i) {
            udp_socket a = here();
            if (i % 2 == 0) co_await a.close();
            const udp_socket held = udp_socket::bind(at);
            CHECK_THROWS(udp_socket::bind(at));
        }
        CHECK(open_descriptors() == before);
    }());
}
