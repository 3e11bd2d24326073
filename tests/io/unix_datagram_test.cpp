// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_datagram.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::unix_datagram;
using coil::net::unix_endpoint;

TEST_CASE("unix datagrams go to a path and to an abstract name, and tell who sent them") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        unix_datagram a = unix_datagram::bind(std::string(folder / "a.sock"));
        unix_datagram b = unix_datagram::bind(unix_endpoint());
        CHECK(b.local_endpoint().is_abstract());
        co_await a.send_to("hello", b.local_endpoint());
        std::array<char, 8> buffer{};
        auto [size, from] = co_await b.receive_from(buffer);
        CHECK(size == 5);
        CHECK(from == a.local_endpoint());
        co_await b.send_to("larger than that", from);
        const auto cut = co_await a.receive_from(buffer);
        CHECK(cut.truncated);
        CHECK(cut.size == 8);
        unix_datagram nameless = unix_datagram::unbound();
        co_await nameless.send_to("x", a.local_endpoint());
        CHECK((co_await a.receive_from(buffer)).from.is_unnamed());
        unix_datagram c = unix_datagram::connect(a.local_endpoint());
        CHECK(co_await c.send("to a") == 4);
        CHECK(co_await a.receive(buffer) == 4);
        co_await a.close();
        CHECK_FALSE(a.is_open());
        auto gone = co_await coil::as_result(c.send("x"));
        CHECK(gone.error() == std::errc::connection_refused);
    }());
}

TEST_CASE("a pair of datagram sockets") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_datagram::pair();
        co_await a.send("one");
        co_await a.send("");
        co_await a.send("three");
        std::string text(8, '.');
        CHECK(co_await b.receive(text) == 3);
        CHECK(co_await b.receive(text) == 0);
        CHECK(co_await b.receive(text) == 5);
    }());
}

TEST_CASE("errors of unix datagrams name the other side") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string path = folder / "none";
        unix_datagram a = unix_datagram::unbound();
        auto r = co_await coil::as_result(a.send_to("x", path));
        CHECK(r.error().message() == "send_to unix:" + path + ": No such file or directory");
        CHECK_THROWS_WITH_AS(unix_datagram::connect(path),
                             ("connect unix:" + path + ": No such file or directory").c_str(), std::system_error);
        const unix_datagram first = unix_datagram::bind(path);
        CHECK_THROWS_WITH_AS(unix_datagram::bind(path), ("bind unix:" + path + ": Address already in use").c_str(),
                             std::system_error);
    }());
}

TEST_CASE("a sender without a connection waits while the receiver's line is full, and no stop of it is missed") {
    coil::run([]() -> task<> {
        unix_datagram b = unix_datagram::bind(unix_endpoint());
        unix_datagram a = unix_datagram::unbound();
        int sent = 0;
        for (;; ++sent) {
            auto r = co_await coil::as_result(coil::timeout(20ms, a.send_to("x", b.local_endpoint())));
            if (!r.has_value()) break;
            REQUIRE(sent < 100'000);
        }
        int stopped = 0;
        const auto sends = [&]() -> task<> {
            try {
                co_await a.send_to("y", b.local_endpoint());
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        for (int i = 0; i < 50; ++i) {
            auto h = coil::spawn(sends());
            co_await suspended(h);
            if (i % 2 == 0) co_await coil::yield();
            h.cancel();
            co_await h;
        }
        CHECK(stopped == 50);
        auto last = coil::spawn(sends());
        co_await suspended(last);
        std::string text(1, '.');
        for (int i = 0; i < sent; ++i)
            co_await b.receive_from(text);
        co_await last;
        CHECK(stopped == 50);
        co_await b.receive_from(text);
        CHECK(text == "y");
    }());
}

TEST_CASE("a sender waits while the receiver's line is full, and can be stopped; what waits to receive too") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_datagram::pair();
        std::string text(1, '.');
        auto late = co_await coil::as_result(coil::timeout(1ms, b.receive(text)));
        CHECK(late.error() == std::errc::timed_out);
        int sent = 0;
        for (;; ++sent) {
            auto r = co_await coil::as_result(coil::timeout(20ms, a.send("x")));
            if (!r.has_value()) break;
            REQUIRE(sent < 100'000);
        }
        const auto sends = [&]() -> task<> { co_await a.send("y"); };
        auto h = coil::spawn(sends());
        co_await suspended(h);
        for (int i = 0; i < sent; ++i)
            CHECK(co_await b.receive(text) == 1);
        co_await h;
        CHECK(co_await b.receive(text) == 1);
        CHECK(text == "y");
    }());
}
