// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/frames.hpp>

#include "loopback.hpp"
#include "pipes.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;

TEST_CASE("frames of every size go over a connection") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const auto sends = [](coil::net::tcp_stream s) -> task<> {
            coil::buffered_writer w{s, {.buffer_size = 100}};
            for (std::size_t size = 0; size < 3000; size += 7) {
                const std::string body(size, static_cast<char>('a' + size % 26));
                co_await coil::write_frame(w, body);
            }
            co_await coil::write_line(w, "a line after them");
            co_await w.flush();
            co_await s.close();
        };
        auto h = coil::spawn(sends(std::move(client)));
        coil::buffered_reader r{server};
        for (std::size_t size = 0; size < 3000; size += 7) {
            auto body = co_await coil::read_frame(r);
            CHECK(body == std::string(size, static_cast<char>('a' + size % 26)));
        }
        CHECK(co_await r.read_line() == "a line after them");
        CHECK_FALSE((co_await coil::read_frame(r)).has_value());
        co_await h;
    }());
}

TEST_CASE("a frame is never cut, whenever reader or writer is stopped") {
    coil::run([]() -> task<> {
        stream_pipe p;
        coil::buffered_writer w{p.writer, {.buffer_size = 100}};
        coil::buffered_reader r{p.reader};
        const std::string body(100000, 'x');
        CHECK_THROWS_AS(co_await coil::timeout(1ms, coil::write_frame(w, body)), coil::timed_out);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, coil::read_frame(r)), coil::timed_out);
        const auto flushes = [&]() -> task<> { co_await w.flush(); };
        auto h = coil::spawn(flushes());
        auto whole = co_await coil::read_frame(r);
        CHECK(whole == body);
        co_await h;
        CHECK(r.buffered().empty());
        bool stopped = false;
        const auto before = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await coil::write_frame(w, "abc");
            } catch (const coil::cancelled&) {
                stopped = true;
            }
        };
        auto b = coil::spawn(before());
        co_await b.join_for(1h);
        CHECK(stopped);
        CHECK(w.unflushed() == 0);
    }());
}

TEST_CASE("frames that are too large are refused on either side") {
    coil::run([]() -> task<> {
        stream_pipe p;
        coil::buffered_writer w{p.writer};
        coil::buffered_reader r{p.reader};
        co_await coil::write_frame(w, "12345");
        co_await w.flush();
        CHECK((co_await coil::as_result(coil::read_frame(r, 4))).error() == std::errc::message_size);
        CHECK(*co_await coil::read_frame(r, 5) == "12345");
        CHECK_THROWS_AS((void)coil::frame_head(std::size_t{std::numeric_limits<std::uint32_t>::max()} + 1),
                        std::system_error);
        CHECK(coil::frame_head(0x01020304)[0] == std::byte{1});
    }());
}
