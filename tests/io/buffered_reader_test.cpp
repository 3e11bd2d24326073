// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/buffered_reader.hpp>

#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "pipes.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::buffered_reader;

TEST_CASE("a reader over each kind of stream") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        buffered_reader r{server};
        co_await client.write("one\r\ntwo\nkey=value");
        CHECK(*co_await r.read_line() == "one");
        auto two = co_await r.read_line();
        CHECK(two == "two");
        CHECK(*co_await r.read_until('=') == "key");
        co_await client.close();
        CHECK(*co_await r.read_until('=') == "value");
        CHECK_FALSE((co_await r.read_line()).has_value());
        CHECK_FALSE((co_await r.read_until('\n')).has_value());

        stream_pipe p;
        co_await p.writer.write("a\nb");
        co_await p.writer.close();
        buffered_reader owner{std::move(p.reader)};
        std::vector<std::string> all;
        auto lines = owner.lines();
        while (auto line = co_await lines.next())
            all.push_back(std::move(*line));
        CHECK(all == std::vector<std::string>{"a", "b"});

        const temporary_folder folder;
        co_await coil::fs::write_file(folder / "f", "first\nsecond\n");
        auto f = co_await coil::fs::open(folder / "f");
        buffered_reader of_file{f, {.buffer_size = 4}};
        CHECK(*co_await of_file.read_line() == "first");
        std::array<char, 6> six{};
        CHECK(co_await of_file.read_exactly(six) == 6);
        CHECK(std::string(six.data(), 6) == "second");
        CHECK(co_await of_file.peek(7) == "\n");
        of_file.skip(1000);
        CHECK(co_await of_file.read(six) == 0);
    }());
}

TEST_CASE("nothing is lost when a read of a reader is stopped in the middle") {
    coil::run([]() -> task<> {
        stream_pipe p;
        buffered_reader r{p.reader, {.buffer_size = 8}};
        std::vector<char> much(20);
        std::string line;
        co_await p.writer.write("0123456789abcde");
        CHECK_THROWS_AS(co_await coil::timeout(1ms, r.read_line()), coil::timed_out);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, r.read_line(line)), coil::timed_out);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, r.read_until("--")), coil::timed_out);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, r.read_exactly(much)), coil::timed_out);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, r.peek(100)), coil::timed_out);
        CHECK(r.buffered() == "0123456789abcde");
        co_await p.writer.write("f\nrest");
        CHECK(*co_await r.read_line() == "0123456789abcdef");
        co_await p.writer.close();
        CHECK((co_await coil::as_result(r.read_exactly(much))).error() == std::errc::no_message_available);
        CHECK(*co_await r.read_line() == "rest");
    }());
}

TEST_CASE("a reader's operation that is stopped before takes nothing, though it is there") {
    coil::run([]() -> task<> {
        stream_pipe p;
        buffered_reader r{p.reader};
        co_await p.writer.write("a\nb\n");
        co_await r.peek();
        int stopped = 0;
        std::array<char, 1> one{};
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await r.read_line();
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await r.read(one);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await r.read_exactly(one);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(all());
        co_await h.join_for(1h);
        CHECK(stopped == 3);
        CHECK(r.buffered() == "a\nb\n");
        const auto waits = [&]() -> task<std::optional<std::string>> {
            r.skip(100);
            co_return co_await r.read_line();
        };
        auto late = coil::spawn(waits());
        co_await suspended(late);
        co_await p.writer.write("kept\n");  // completes as the stop comes: the line is returned, or stays
        late.cancel();
        std::optional<std::string> line;
        try {
            line = co_await late;
        } catch (const coil::cancelled&) {}
        if (!line) line = co_await r.read_line();
        CHECK(line == "kept");
    }());
}

TEST_CASE("a reader's errors, as exceptions and as values") {
    coil::run([]() -> task<> {
        stream_pipe p;
        buffered_reader r{p.reader, {.buffer_size = 16, .limit = 5}};
        co_await p.writer.write("012345678\nok\n");
        auto line = co_await coil::as_result(r.read_line());
        CHECK(line.error() == std::errc::message_size);
        std::array<char, 10> ten{};
        CHECK(co_await r.read_exactly(ten) == 10);
        CHECK(*co_await r.read_line() == "ok");
        co_await p.reader.close();
        CHECK((co_await coil::as_result(r.read_line())).error() == std::errc::bad_file_descriptor);
    }());
}

TEST_CASE("reading lines allocates nothing in the steady state") {
    coil::run([]() -> task<> {
        stream_pipe p;
        buffered_reader r{p.reader, {.buffer_size = 64}};
        std::string line;
        const std::string text = std::string(30, 'l') + '\n';
        const auto rounds = [&]() -> task<> {
            for (int i = 0; i < 100; ++i) {
                co_await p.writer.write(text);
                co_await p.writer.write(text);
                CHECK(co_await r.read_line(line));
                CHECK(co_await r.read_line(line));
            }
            CHECK(line.size() == 30);
        };
        co_await rounds();
        const auto before = allocations();
        co_await rounds();
        CHECK(allocations() <= before + 1);  // the frame of the rounds themselves
    }());
}
