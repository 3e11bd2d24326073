// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/serve_on_loop.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace io_test;
using coil::net::connection_handler;
using coil::net::serve_on_loop;
using coil::net::serving;

TEST_CASE("a handler may take the stream alone, or the server too") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        int told = 0;
        std::size_t seen = 0;
        const auto with = [&](tcp_stream s, serving& all) -> task<> {
            seen = all.connections();
            co_await s.write("x");
        };
        const auto hook = [](void* n) { ++*static_cast<int*>(n); };
        auto server = coil::spawn(serve_on_loop(l, connection_handler<tcp_stream>(with), {5, {}, hook, &told}));
        tcp_stream s = co_await tcp_stream::connect(l.local_endpoint());
        std::string x(1, ' ');
        co_await s.read_exactly(x);
        CHECK(x == "x");
        CHECK(seen == 1);
        CHECK(told == 0);
        co_await l.close();
        co_await server;
        CHECK(told == 1);

        tcp_listener again = listen();
        const auto alone = [](tcp_stream one) -> task<> { co_await one.write("y"); };
        auto second = coil::spawn(serve_on_loop(again, connection_handler<tcp_stream>(alone), {5, {}}));
        tcp_stream t = co_await tcp_stream::connect(again.local_endpoint());
        co_await t.read_exactly(x);
        CHECK(x == "y");
        second.cancel();
        CHECK_THROWS_AS(co_await second, coil::cancelled);
    }());
}
