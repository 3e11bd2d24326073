// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/connect.hpp>

#include "loopback.hpp"
#include "low_limit.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;

namespace {

// Where nobody listens: the port was free a moment ago, and is not given out again so soon.
endpoint nowhere() {
    return listen().local_endpoint();
}

// A listener whose line is full: further connections wait.
struct full_line {
    tcp_listener listener = tcp_listener::bind(endpoint("127.0.0.1", 0), {.backlog = 0});
    std::vector<tcp_stream> in_line;

    task<> fill() {
        for (;;) {
            auto r = co_await coil::as_result(coil::timeout(50ms, tcp_stream::connect(listener.local_endpoint())));
            if (!r.has_value()) co_return;
            in_line.push_back(std::move(*r));
        }
    }
};

}  // namespace

TEST_CASE("a refused connection is an error with the endpoint in it") {
    coil::run([]() -> task<> {
        const endpoint to = nowhere();
        const std::string text = "connect " + to_string(to) + ": Connection refused";
        try {
            co_await tcp_stream::connect(to);
            FAIL("somebody was there");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::connection_refused);
            CHECK(e.what() == text);
        }
        auto r = co_await coil::as_result(tcp_stream::connect(to));
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error() == std::errc::connection_refused);
        CHECK(r.error().message() == text);
    }());
}

TEST_CASE("a failed or stopped connect leaves no descriptor behind") {
    coil::run([]() -> task<> {
        (void)co_await coil::as_result(tcp_stream::connect(nowhere()));
        const auto before = open_descriptors();
        for (int i = 0; i < 10; ++i)
            (void)co_await coil::as_result(tcp_stream::connect(nowhere()));
        { auto never_awaited = tcp_stream::connect(nowhere()); }
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("a connect that is stopped before makes no socket") {
    coil::run([]() -> task<> {
        const tcp_listener l = listen();
        const auto before = open_descriptors();
        bool stopped = false;
        const auto connecting = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await tcp_stream::connect(l.local_endpoint());
            } catch (const coil::cancelled&) {
                stopped = true;
                CHECK(open_descriptors() == before);
            }
        };
        auto h = coil::spawn(connecting());
        co_await h.join_for(1h);
        CHECK(stopped);
    }());
}

TEST_CASE("a connect that waits can be stopped, by hand and by a deadline") {
    coil::run([]() -> task<> {
        full_line l;
        co_await l.fill();
        const auto before = open_descriptors();
        bool stopped = false;
        const auto connecting = [&]() -> task<> {
            try {
                co_await tcp_stream::connect(l.listener.local_endpoint());
            } catch (const coil::cancelled&) {
                stopped = true;
            }
        };
        auto h = coil::spawn(connecting());
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(stopped);
        auto r = co_await coil::as_result(coil::timeout(1ms, tcp_stream::connect(l.listener.local_endpoint())));
        CHECK(r.error() == std::errc::timed_out);
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("a connection that was made when the stop came is returned") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        int made = 0, stopped = 0;
        for (int i = 0; i < 200; ++i) {
            const auto before = open_descriptors();
            const auto connecting = [&]() -> task<> {
                try {
                    tcp_stream s = co_await tcp_stream::connect(l.local_endpoint());
                    CHECK(s.is_open());
                    ++made;
                } catch (const coil::cancelled&) {
                    ++stopped;
                }
            };
            auto h = coil::spawn(connecting());
            co_await suspended(h);
            if (i % 2 == 0) co_await coil::yield();
            h.cancel();
            co_await h;
            CHECK(open_descriptors() == before);
        }
        CHECK(made + stopped == 200);
        CHECK(made > 0);
    }());
}

TEST_CASE("no descriptor for the socket is an error of connect") {
    coil::run([]() -> task<> {
        const tcp_listener l = listen();
        const auto attempt = [&]() -> task<> {
            const low_limit none(0);
            auto r = co_await coil::as_result(tcp_stream::connect(l.local_endpoint()));
            REQUIRE_FALSE(r.has_value());
            CHECK(r.error() == std::errc::too_many_files_open);
            CHECK(r.error().message() == "connect " + to_string(l.local_endpoint()) + ": Too many open files");
        };
        co_await attempt();
        const auto s = co_await tcp_stream::connect(l.local_endpoint());
        CHECK(s.is_open());
    }());
}

TEST_CASE("connecting from the pool comes back to the pool") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const auto connecting = [&]() -> task<> {
            auto s = co_await tcp_stream::connect(l.local_endpoint());
            CHECK(coil::pool().here());
            co_await s.write("x");
        };
        auto h = coil::spawn_on(coil::pool(), connecting());
        auto s = co_await l.accept();
        char c = 0;
        co_await s.read_exactly(coil::byte_span(&c, 1));
        CHECK(c == 'x');
        co_await h;
    }());
}
