// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/vectored_operations.hpp>

#include "../ring/driver.hpp"
#include "../sanitized.hpp"
#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::byte_span;
using coil::byte_view;

namespace {

// What an entry sends, as far as it is asked to.
std::string text_of(const io_uring_sqe& e, std::size_t* parts = nullptr) {
    const auto* const m = reinterpret_cast<const msghdr*>(e.addr);
    std::string text;
    for (std::size_t i = 0; i != m->msg_iovlen; ++i)
        text.append(static_cast<const char*>(m->msg_iov[i].iov_base), m->msg_iov[i].iov_len);
    if (parts != nullptr) *parts = m->msg_iovlen;
    return text;
}

}  // namespace

TEST_CASE("several buffers are written as one, and read into several") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::string head = "head,", body = "body", none;
        CHECK(co_await client.write_vectored(
                  std::array{byte_view(head), byte_view(none), byte_view(body), byte_view("!")}) == 10);
        std::string a(3, '.'), b(10, '.');
        const std::array into{byte_span(a), byte_span(), byte_span(b)};
        CHECK(co_await server.read_vectored(into) == 10);
        CHECK(a == "hea");
        CHECK(b == "d,body!...");
        CHECK(co_await client.write_vectored(std::span<const byte_view>()) == 0);
        CHECK(co_await server.read_vectored(std::span<const byte_span>()) == 0);
        co_await client.shutdown_write();
        CHECK(co_await server.read_vectored(into) == 0);
    }());
}

TEST_CASE("a vectored write goes on within a part, whatever the kernel takes at a time") {
    std::vector<std::string> texts;
    std::string whole;
    for (int i = 0; i < 40; ++i) {
        texts.push_back(std::string(static_cast<std::size_t>(i % 5), static_cast<char>('a' + i % 26)));
        whole += texts.back();
    }
    std::vector<byte_view> parts(texts.begin(), texts.end());
    for (const int at_once : {1, 2, 3, 5, 7, 79, 80}) {
        CAPTURE(at_once);
        scripted_ring r;
        ring_test::driver d(r);
        tcp_stream s(coil::ring::descriptor(7, &r), endpoint("10.0.0.1", 80));
        std::string sent;
        r.on_entry = [&](const io_uring_sqe& e) {
            CHECK(e.opcode == IORING_OP_SENDMSG);
            CHECK((e.msg_flags & MSG_NOSIGNAL) != 0);
            const std::string offered = text_of(e);
            sent += offered.substr(0, static_cast<std::size_t>(at_once));
            r.answers.push_back(
                static_cast<int>(std::min<std::size_t>(offered.size(), static_cast<unsigned>(at_once))));
        };
        std::size_t n = 0;
        const auto writing = [&]() -> task<> { n = co_await s.write_vectored(parts); };
        ring_test::run(d, writing());
        CHECK(n == whole.size());
        CHECK(sent == whole);
    }
}

TEST_CASE("more parts than one entry takes are written by several") {
    scripted_ring r;
    ring_test::driver d(r);
    tcp_stream s(coil::ring::descriptor(7, &r), endpoint("10.0.0.1", 80));
    const std::vector<byte_view> parts(2500, byte_view("x"));
    std::vector<std::size_t> counts;
    r.on_entry = [&](const io_uring_sqe& e) {
        std::size_t n = 0;
        r.answers.push_back(static_cast<int>(text_of(e, &n).size()));
        counts.push_back(n);
    };
    std::size_t n = 0;
    const auto writing = [&]() -> task<> { n = co_await s.write_vectored(parts); };
    ring_test::run(d, writing());
    CHECK(n == 2500);
    CHECK(counts == std::vector<std::size_t>{1024, 1024, 452});
}

TEST_CASE("more parts than one call takes cross a real connection") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::vector<std::string> texts;
        for (int i = 0; i < 3000; ++i)
            texts.push_back(std::to_string(i) + ";");
        std::string whole;
        for (const std::string& t : texts)
            whole += t;
        const std::vector<byte_view> parts(texts.begin(), texts.end());
        const auto writing = [&]() -> task<> { CHECK(co_await client.write_vectored(parts) == whole.size()); };
        auto w = coil::spawn(writing());
        std::string got(whole.size(), '.');
        co_await server.read_exactly(got);
        CHECK(got == whole);
        co_await w;
    }());
}

TEST_CASE("a vectored write that fails or is stopped in the middle says how far it came") {
    scripted_ring r;
    ring_test::driver d(r);
    tcp_stream s(coil::ring::descriptor(7, &r), endpoint("10.0.0.1", 80));
    r.answers = {4, -ECONNRESET};
    const std::array parts{byte_view("abc"), byte_view("defg")};
    const auto writing = [&]() -> task<> {
        auto result = co_await coil::as_result(s.write_vectored(parts));
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().message() == "write_vectored 10.0.0.1:80 after 4 of 7 bytes: Connection reset by peer");
    };
    ring_test::run(d, writing());

    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::string half(16 << 20, 'x');
        const std::array much{byte_view(half), byte_view(half)};
        std::size_t sent = 0;
        bool stopped = false;
        const auto writes = [&]() -> task<> {
            try {
                co_await client.write_vectored(much);
            } catch (const coil::cancelled& c) {
                stopped = true;
                sent = c.transferred();
            }
        };
        auto h = coil::spawn(writes());
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(stopped);
        CHECK(sent > 0);
        co_await client.shutdown_write();
        std::vector<char> buffer(1 << 20);
        std::size_t received = 0;
        while (const std::size_t n = co_await server.read(buffer))
            received += n;
        CHECK(received == sent);
    }());
}

TEST_CASE("vectored operations that are stopped before take nothing; a read that waits is stopped") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(3, '.');
        const std::array into{byte_span(text)};
        const std::array from{byte_view("xyz")};
        int stopped = 0;
        const auto refused = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await client.write_vectored(from);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await client.write_some("xyz");
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await server.read_vectored(into);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(refused());
        (void)co_await coil::as_result(h.join_for(1h));
        CHECK(stopped == 3);
        const auto late = co_await coil::as_result(coil::timeout(1ms, server.read_vectored(into)));
        CHECK(late.error() == std::errc::timed_out);
        co_await client.write("abc");
        CHECK(co_await server.read_vectored(into) == 3);
        CHECK(text == "abc");
    }());
}

TEST_CASE("write_some sends what there is room for") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        CHECK(co_await client.write_some("abc") == 3);
        std::string text(3, '.');
        co_await server.read_exactly(text);
        CHECK(text == "abc");
        const std::vector<char> much(32 << 20, 'x');
        const std::size_t n = co_await client.write_some(much);
        CHECK(n > 0);
        CHECK(n < much.size());
    }());
}

#ifndef UNDER_A_SANITIZER
TEST_CASE("vectored reads and writes allocate nothing, however many the parts") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::vector<byte_view> parts(1500, byte_view("abc"));
        std::vector<char> buffer(4500);
        const std::array into{byte_span(buffer.data(), 100), byte_span(buffer.data() + 100, 4400)};
        const auto round = [&]() -> task<> {
            co_await client.write_vectored(parts);
            for (std::size_t n = 0; n != 4500;)
                n += co_await server.read_vectored(into);
        };
        co_await round();
        const auto before = allocations();
        co_await round();
        CHECK(allocations() == before);
    }());
}
#endif
