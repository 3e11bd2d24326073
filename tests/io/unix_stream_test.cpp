// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_stream.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::unix_stream;

TEST_CASE("a pair speaks both ways, with the verbs of every stream") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        CHECK((fcntl(a.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK(co_await a.write("hello") == 5);
        std::string text(5, '.');
        CHECK(co_await b.read_exactly(text) == 5);
        CHECK(text == "hello");
        co_await b.write_vectored(std::array{coil::byte_view("an"), coil::byte_view("d back")});
        std::string back(8, '.');
        co_await a.read_exactly(back);
        CHECK(back == "and back");
        CHECK(co_await b.write_some("x") == 1);
        CHECK(co_await a.read(text) == 1);
        co_await a.shutdown_write();
        CHECK(co_await b.read(text) == 0);
        co_await b.write("still");
        CHECK(co_await a.read_exactly(text) == 5);
        a.set_send_buffer(20'000);
        CHECK(a.send_buffer() >= 20'000);
        co_await a.close();
        CHECK_FALSE(a.is_open());
        auto closed = co_await coil::as_result(a.write("x"));
        CHECK(closed.error().message() == "write unix:(unnamed): Bad file descriptor");
    }());
}

TEST_CASE("who is at the other end") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const auto who = a.peer_credentials();
        CHECK(who.pid == getpid());
        CHECK(who.uid == getuid());
        CHECK(who.gid == getgid());
        co_await a.close();
        CHECK_THROWS_AS((void)a.peer_credentials(), std::system_error);
    }());
}

TEST_CASE("a peer that is gone is an error with the socket's name, and no signal") {
    const bool reset = std::signal(SIGPIPE, SIG_DFL) != SIG_ERR;
    REQUIRE(reset);
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const std::vector<char> much(8 << 20);
        std::error_code why;
        std::size_t sent = 0;
        const auto writing = [&]() -> task<> {
            try {
                co_await a.write(much);
            } catch (const coil::transfer_error& e) {
                why = e.code();
                sent = e.transferred();
            }
        };
        auto w = coil::spawn(writing());
        co_await suspended(w);
        co_await b.close();
        co_await w;
        CHECK((why == std::errc::broken_pipe || why == std::errc::connection_reset));
        CHECK(sent < much.size());
        auto plain = co_await coil::as_result(a.write("x"));
        CHECK(plain.error() == std::errc::broken_pipe);
        const std::array parts{coil::byte_view("x")};
        auto vectored = co_await coil::as_result(a.write_vectored(parts));
        CHECK(vectored.error() == std::errc::broken_pipe);
    }());
}

TEST_CASE("unix streams are stopped like others, and closing ends what waits") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        std::string text(3, '.');
        auto late = co_await coil::as_result(coil::timeout(1ms, b.read_exactly(text)));
        CHECK(late.error() == std::errc::timed_out);
        co_await a.write("abc");
        co_await b.read_exactly(text);
        CHECK(text == "abc");
        std::error_code why;
        const auto reading = [&]() -> task<> {
            auto r = co_await coil::as_result(b.read(text));
            why = r.error().code();
        };
        auto h = coil::spawn(reading());
        co_await suspended(h);
        co_await b.close();
        co_await h;
        CHECK(why == std::errc::operation_canceled);
    }());
}

TEST_CASE("a unix stream serves the pool") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const auto echo = [&]() -> task<> {
            std::array<char, 4> buffer{};
            while (const std::size_t n = co_await b.read(buffer))
                co_await b.write(std::span(buffer).first(n));
        };
        auto h = coil::spawn_on(coil::pool(), echo());
        std::string text(4, '.');
        for (int i = 0; i < 100; ++i) {
            co_await a.write("abcd");
            co_await a.read_exactly(text);
        }
        CHECK(text == "abcd");
        co_await a.shutdown_write();
        co_await h;
    }());
}
