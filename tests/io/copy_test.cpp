// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/copy.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::unix_stream;

namespace {

std::string numbers(std::size_t size) {
    std::string text;
    while (text.size() < size)
        text += std::to_string(text.size()) + " ";
    text.resize(size);
    return text;
}

// Reads to the end.
template <class Stream>
task<std::string> drain(Stream& s) {
    std::string all, part(1 << 16, '.');
    while (const std::size_t n = co_await s.read(part))
        all.append(part, 0, n);
    co_return all;
}

template <class Stream>
task<> send(Stream& s, const std::string& text) {
    co_await s.write(text);
    co_await s.shutdown_write();
}

}  // namespace

TEST_CASE("a stream is copied to its end, to a stream of another kind, whatever the buffer") {
    coil::run([]() -> task<> {
        const std::string text = numbers(300'000);
        for (const std::size_t buffer : {std::size_t{0}, std::size_t{4096}, std::size_t{1} << 20}) {
            const std::string sent = buffer == 0 ? text.substr(0, 1000) : text;  // byte by byte
            auto [client, server] = co_await connected();
            auto [a, b] = unix_stream::pair();
            auto writing = coil::spawn(send(client, sent));
            auto reading = coil::spawn(drain(b));
            CHECK(co_await coil::copy(server, a, {.buffer = buffer}) == sent.size());
            CHECK(a.is_open());
            co_await a.close();
            const std::string got = co_await reading;
            CHECK(got == sent);
            co_await writing;
        }
    }());
}

TEST_CASE("no more is copied, nor read, than the limit") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        auto [a, b] = unix_stream::pair();
        co_await send(client, "0123456789");
        CHECK(co_await coil::copy(server, a, {.limit = 7}) == 7);
        std::string text(7, '.'), rest(3, '.');
        co_await b.read_exactly(text);
        CHECK(text == "0123456");
        co_await server.read_exactly(rest);
        CHECK(rest == "789");
        CHECK(co_await coil::copy(server, a, {.limit = 0}) == 0);
        CHECK(co_await coil::copy(server, a) == 0);
    }());
}

TEST_CASE("a proxy passes both ways, and a half-close, after which the answer still travels") {
    coil::run([]() -> task<> {
        auto [client, front] = co_await connected();
        auto [back, server] = co_await connected();
        const std::string question = numbers(1'000'000), answer = numbers(2'000'000);
        const auto proxy = [&]() -> task<coil::copied> { co_return co_await coil::copy_bidirectional(front, back); };
        auto p = coil::spawn(proxy());
        const auto serves = [&]() -> task<> {
            const std::string asked = co_await drain(server);  // ends by the half-close that the proxy passes on
            CHECK(asked == question);
            co_await send(server, answer);
        };
        auto s = coil::spawn(serves());
        auto asks = coil::spawn(send(client, question));
        const std::string got = co_await drain(client);
        CHECK(got == answer);
        co_await asks;
        co_await s;
        const coil::copied n = co_await p;
        CHECK(n.there == question.size());
        CHECK(n.back == answer.size());
        CHECK(front.is_open());
    }());
}

TEST_CASE("a side that fails ends a proxy, with its error; a stop ends both directions") {
    coil::run([]() -> task<> {
        auto [client, front] = co_await connected();
        auto [back, server] = co_await connected();
        const auto proxy = [&]() -> task<std::string> {
            auto r = co_await coil::as_result(coil::copy_bidirectional(front, back));
            co_return r.has_value() ? std::string() : r.error().message();
        };
        auto p = coil::spawn(proxy());
        co_await suspended(p);
        client.set_linger(0s);
        const std::string peer = to_string(client.local_endpoint());
        co_await client.close();
        CHECK(co_await p == "read " + peer + ": Connection reset by peer");
        char c = 0;
        auto quiet = co_await coil::as_result(coil::timeout(1ms, server.read(coil::byte_span(&c, 1))));
        CHECK(quiet.error() == std::errc::timed_out);  // the other side was left alone

        auto [client2, front2] = co_await connected();
        auto r = co_await coil::as_result(coil::timeout(1ms, coil::copy_bidirectional(front2, back)));
        CHECK(r.error() == std::errc::timed_out);
        co_await client2.write("x");
        CHECK(co_await front2.read(coil::byte_span(&c, 1)) == 1);  // nothing was eaten
    }());
}

TEST_CASE("a copy that is stopped says how much was written, and is not begun when stopped before") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        auto [a, b] = unix_stream::pair();
        co_await client.write("abc");
        std::size_t moved = 0;
        const auto copies = [&]() -> task<> {
            try {
                co_await coil::copy(server, a);
            } catch (const coil::cancelled& c) {
                moved = c.transferred();
            }
        };
        auto h = coil::spawn(copies());
        std::string text(3, '.');
        co_await b.read_exactly(text);
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(moved == 3);
        co_await client.write("def");
        bool refused = false;
        const auto never = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await coil::copy(server, a);
            } catch (const coil::cancelled& c) {
                refused = c.transferred() == 0;
            }
        };
        auto n = coil::spawn(never());
        co_await n.join_for(1h);
        CHECK(refused);
        co_await server.read_exactly(text);
        CHECK(text == "def");
    }());
}

TEST_CASE("a part of a file is sent, as far as there is any") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string text = numbers(500'000), path = folder / "f";
        co_await coil::fs::write_file(path, text);
        auto f = co_await coil::fs::open(path, coil::fs::mode::read);
        auto [a, b] = unix_stream::pair();
        auto reading = coil::spawn(drain(b));
        CHECK(co_await coil::send_file(a, f) == text.size());
        CHECK(co_await coil::send_file(a, f, 10, 5) == 5);
        CHECK(co_await coil::send_file(a, f, text.size() - 3, 100) == 3);
        CHECK(co_await coil::send_file(a, f, text.size() + 3) == 0);
        CHECK(co_await coil::send_file(a, f, 0, 0) == 0);
        co_await a.close();
        const std::string got = co_await reading;
        CHECK(got == text + text.substr(10, 5) + text.substr(text.size() - 3));
    }());
}
