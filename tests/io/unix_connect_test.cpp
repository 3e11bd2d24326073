// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_connect.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/unix_listener.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::unix_endpoint;
using coil::net::unix_listener;
using coil::net::unix_stream;

TEST_CASE("nobody at a unix name is an error with the name in it") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string path = folder / "a.sock";
        auto none = co_await coil::as_result(unix_stream::connect(path));
        CHECK(none.error().message() == "connect unix:" + path + ": No such file or directory");
        { const unix_listener gone = unix_listener::bind(path); }
        auto stale = co_await coil::as_result(unix_stream::connect(path));
        CHECK(stale.error().message() == "connect unix:" + path + ": Connection refused");
        const auto before = open_descriptors();
        for (int i = 0; i < 10; ++i)
            (void)co_await coil::as_result(unix_stream::connect(path));
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE(
    "a unix connect is stopped before, and while the listener's line is full; then it goes on when there is room") {
    coil::run([]() -> task<> {
        unix_listener l = unix_listener::bind(unix_endpoint(), {.backlog = 0});
        const auto before = open_descriptors();
        bool refused = false;
        const auto never = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await unix_stream::connect(l.local_endpoint());
            } catch (const coil::cancelled&) {
                refused = open_descriptors() == before;
            }
        };
        auto n = coil::spawn(never());
        co_await n.join_for(1h);
        CHECK(refused);

        std::vector<unix_stream> in_line;
        for (;;) {
            auto r = co_await coil::as_result(coil::timeout(50ms, unix_stream::connect(l.local_endpoint())));
            if (!r.has_value()) {
                CHECK(r.error() == std::errc::timed_out);
                break;
            }
            in_line.push_back(std::move(*r));
            REQUIRE(in_line.size() < 10);
        }
        const auto full = open_descriptors();
        bool stopped = false, connected = false;
        const auto connecting = [&]() -> task<> {
            try {
                co_await unix_stream::connect(l.local_endpoint());
                connected = true;
            } catch (const coil::cancelled&) {
                stopped = true;
            }
        };
        auto h = coil::spawn(connecting());
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(stopped);
        CHECK(open_descriptors() == full);
        auto again = coil::spawn(connecting());
        co_await suspended(again);
        auto s = co_await l.accept();
        co_await again;
        CHECK(connected);
    }());
}
