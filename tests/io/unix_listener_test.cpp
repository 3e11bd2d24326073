// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_listener.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <ostream>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::unix_endpoint;
using coil::net::unix_listener;
using coil::net::unix_stream;

TEST_CASE("a connection over a path and one over an abstract name") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        for (const unix_endpoint& at : {unix_endpoint(std::string(folder / "a.sock")), unix_endpoint()}) {
            unix_listener l = unix_listener::bind(at);
            if (at.is_unnamed()) CHECK(l.local_endpoint().is_abstract());
            else CHECK(l.local_endpoint() == at);
            auto [client, server] = co_await coil::when_all(unix_stream::connect(l.local_endpoint()), l.accept());
            CHECK(client.peer_endpoint() == l.local_endpoint());
            CHECK(server.peer_endpoint() == l.local_endpoint());
            CHECK(server.peer_credentials().pid == getpid());
            co_await client.write("abc");
            std::string text(3, '.');
            co_await server.read_exactly(text);
            CHECK(text == "abc");
            co_await l.close();
            CHECK_FALSE(l.is_open());
        }
    }());
}

TEST_CASE("a name that is taken, and the file that a dead listener leaves, are errors of bind") {
    const temporary_folder folder;
    const std::string path = folder / "a.sock";
    const std::string text = "bind unix:" + path + ": Address already in use";
    {
        const unix_listener first = unix_listener::bind(path);
        CHECK_THROWS_WITH_AS(unix_listener::bind(path), text.c_str(), std::system_error);
    }
    const auto before = open_descriptors();
    CHECK_THROWS_WITH_AS(unix_listener::bind(path), text.c_str(), std::system_error);
    CHECK(open_descriptors() == before);
    std::filesystem::remove(path);
    CHECK(unix_listener::bind(path).is_open());
    const std::string nowhere = folder / "no" / "a.sock";
    CHECK_THROWS_WITH_AS(unix_listener::bind(nowhere), ("bind unix:" + nowhere + ": No such file or directory").c_str(),
                         std::system_error);
    CHECK_THROWS_AS(unix_listener::bind(std::string(200, 'a')), std::system_error);
    const unix_listener abstract = unix_listener::bind(unix_endpoint());
    CHECK_THROWS_AS(unix_listener::bind(abstract.local_endpoint()), std::system_error);
}

TEST_CASE("a unix accept is stopped before, while it waits, and loses nobody") {
    coil::run([]() -> task<> {
        unix_listener l = unix_listener::bind(unix_endpoint());
        const auto before = open_descriptors();
        auto waiting = co_await unix_stream::connect(l.local_endpoint());
        bool refused = false;
        const auto never = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await l.accept();
            } catch (const coil::cancelled&) {
                refused = true;
            }
        };
        auto n = coil::spawn(never());
        co_await n.join_for(1h);
        CHECK(refused);
        { auto s = co_await l.accept(); }
        co_await waiting.close();
        auto late = co_await coil::as_result(coil::timeout(1ms, l.accept()));
        CHECK(late.error() == std::errc::timed_out);

        constexpr int count = 500;
        const auto connecting = [&]() -> task<> {
            for (int i = 0; i < count; ++i) {
                if (i % 7 == 0) co_await coil::sleep_for(100us);
                auto s = co_await unix_stream::connect(l.local_endpoint());
                char c = 0;
                co_await s.read_exactly(coil::byte_span(&c, 1));
            }
        };
        auto h = coil::spawn(connecting());
        int accepted = 0;
        while (accepted < count) {
            auto r = co_await coil::as_result(coil::timeout(0us, l.accept()));
            if (!r.has_value()) continue;
            co_await r->write("h");
            ++accepted;
        }
        co_await h;
        CHECK(open_descriptors() == before);

        std::error_code why;
        const auto accepts = [&]() -> task<> {
            auto r = co_await coil::as_result(l.accept());
            why = r.error().code();
        };
        auto a = coil::spawn(accepts());
        co_await suspended(a);
        co_await l.close();
        co_await a;
        CHECK(why == std::errc::operation_canceled);
    }());
}

TEST_CASE("a unix accept waits out a shortage, and names its listener") {
    scripted_ring r;
    ring_test::driver d(r);
    coil::ring::descriptor listener(7, &r);
    r.answers = {-EMFILE, -ETIME, 1, 9, -EINVAL};
    int fd = -1;
    std::string text;
    const unix_endpoint name("/run/a.sock");
    const auto accepts = [&]() -> task<> {
        auto s = co_await coil::net::unix_accept_await(listener, name, coil::place::current());
        fd = s.native_handle();
        auto bad = co_await coil::as_result(coil::net::unix_accept_await(listener, name, coil::place::current()));
        text = bad.error().message();
    };
    ring_test::run(d, accepts());
    CHECK(fd == 9);
    CHECK(text == "accept unix:/run/a.sock: Invalid argument");
}
