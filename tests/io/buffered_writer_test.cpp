// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/buffered_writer.hpp>

#include "../run/heard.hpp"
#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "pipes.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::buffered_writer;

TEST_CASE("small writes are gathered, large ones go past the buffer, in order") {
    coil::run([]() -> task<> {
        stream_pipe p;
        std::array<char, 64> in{};
        buffered_writer w{p.writer, {.buffer_size = 8}};
        CHECK(co_await w.write("123") == 3);
        CHECK(co_await w.write("45678") == 5);
        CHECK(w.unflushed() == 8);
        CHECK_THROWS_AS(co_await coil::timeout(0ms, p.reader.read(in)), coil::timed_out);
        co_await w.write("9");
        CHECK(co_await p.reader.read(in) == 8);
        CHECK(w.unflushed() == 1);
        co_await w.write(std::string_view("abcdefghijklmnopqrstuvwxyz"));
        co_await w.flush();
        co_await w.flush();
        CHECK(w.unflushed() == 0);
        CHECK(co_await p.reader.read_exactly(std::span(in).first(27)) == 27);
        CHECK(std::string(in.data(), 27) == "9abcdefghijklmnopqrstuvwxyz");
    }());
}

TEST_CASE("what a writer had taken when it was stopped is kept, and counted") {
    coil::run([]() -> task<> {
        stream_pipe p;
        const std::string full(65536, 'f');
        co_await p.writer.write(full);  // nothing more fits
        std::string in(65536, '.');
        buffered_writer w{p.writer, {.buffer_size = 8}};
        co_await w.write("12345");
        std::size_t taken = 0;
        try {
            co_await coil::timeout(1ms, w.write("6789abc"));
        } catch (const coil::timed_out& t) {
            taken = t.transferred();
        }
        CHECK(taken == 3);
        CHECK(w.unflushed() == 8);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, w.flush()), coil::timed_out);
        CHECK(w.unflushed() == 8);
        co_await p.reader.read_exactly(in);
        co_await w.flush();
        CHECK(co_await p.reader.read(in) == 8);
        CHECK(in.substr(0, 8) == "12345678");

        const std::string huge(200000, 'h');
        try {
            co_await coil::timeout(1ms, w.write(huge));
        } catch (const coil::timed_out& t) {
            taken = t.transferred();
        }
        co_await p.writer.close();
        std::size_t there = 0;
        for (std::size_t n = 1; n != 0; there += n)
            n = co_await p.reader.read(in);
        CHECK(there == taken);
        CHECK(taken > 0);
    }());
}

TEST_CASE("a writer's operation that is stopped before takes nothing") {
    coil::run([]() -> task<> {
        stream_pipe p;
        buffered_writer w{p.writer};
        co_await w.write("a");
        int stopped = 0;
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await w.write("b");
            } catch (const coil::cancelled& c) {
                stopped += c.transferred() == 0 ? 1 : 100;
            }
            try {
                co_await w.flush();
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(all());
        co_await h.join_for(1h);
        CHECK(stopped == 2);
        CHECK(w.unflushed() == 1);
        co_await w.flush();
    }());
}

TEST_CASE("an error of a writer stays, and what was never flushed is told") {
    coil::run([]() -> task<> {
        const heard ear;
        {
            coil::fd_stream full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
            buffered_writer w{std::move(full), {.buffer_size = 8}};
            co_await w.write("12345");
            CHECK((co_await coil::as_result(w.flush())).error() == std::errc::no_space_on_device);
            CHECK((co_await coil::as_result(w.write("x"))).error() == std::errc::no_space_on_device);
            CHECK((co_await coil::as_result(w.flush())).error() == std::errc::no_space_on_device);
            CHECK(w.unflushed() == 5);
        }
        CHECK(heard::log().empty());
        {
            stream_pipe p;
            buffered_writer w{p.writer};
            co_await w.write("abc");
        }
        REQUIRE(heard::log().size() == 1);
        CHECK(heard::log()[0] == "a buffered_writer was destroyed before its last 3 bytes were flushed");
    }());
}

TEST_CASE("a writer allocates nothing in the steady state") {
    coil::run([]() -> task<> {
        stream_pipe p;
        buffered_writer w{p.writer, {.buffer_size = 64}};
        std::array<char, 64> in{};
        const auto rounds = [&]() -> task<> {
            for (int i = 0; i < 100; ++i) {
                co_await w.write("0123456789012345678901234567890123456789");
                co_await w.write("0123456789012345678901234567890123456789");
                co_await w.flush();
                co_await p.reader.read_exactly(in);
                co_await p.reader.read_exactly(std::span(in).first(16));
            }
        };
        co_await rounds();
        const auto before = allocations();
        co_await rounds();
        CHECK(allocations() <= before + 1);  // the frame of the rounds themselves
    }());
}
