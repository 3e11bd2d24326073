// SPDX-License-Identifier: BSL-1.0
// TLS streams that are used wrongly, closed in the middle, or stopped.
#include <coil/runtime/io/tls_stream.hpp>

#include "tls_results.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;

TEST_CASE("a second reader or writer of a TLS stream is told so") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        std::array<char, 4> four, other;
        auto reading = coil::spawn(two.client.read_exactly(four));
        co_await suspended(reading);
        CHECK_THROWS_AS(co_await two.client.read(other), std::logic_error);
        CHECK_THROWS_AS(co_await two.client.read_exactly(other), std::logic_error);
        const std::string much(std::size_t{16} << 20, 'm');
        auto writing = coil::spawn(two.client.write(much));
        co_await suspended(writing);
        CHECK_THROWS_AS(co_await two.client.write("more"), std::logic_error);
        CHECK_THROWS_AS(co_await two.client.shutdown_write(), std::logic_error);
        co_await two.server.write("four");
        CHECK(co_await reading == 4);
        writing.cancel();
        CHECK_THROWS_AS(co_await writing, coil::cancelled);
    }());
}

TEST_CASE("closing or destroying a TLS stream ends what is in flight") {
    coil::run([]() -> task<> {
        const std::ptrdiff_t before = open_descriptors();
        for (const bool destroyed : {false, true}) {
            tls_ends two = co_await agreed();
            const std::string much(std::size_t{16} << 20, 'm');
            std::array<char, 4> four;
            auto reading = coil::spawn(ending_of(two.client.read_exactly(four)));
            auto writing = coil::spawn(ending_of(two.client.write(much)));
            co_await suspended(reading);
            co_await suspended(writing);
            if (destroyed) two.client = tls_stream();
            else co_await two.client.close();
            CHECK_FALSE(two.client.is_open());
            const ending r = co_await reading, w = co_await writing;
            CHECK(r.code == std::errc::operation_canceled);
            CHECK(w.code == std::errc::operation_canceled);
            CHECK(r.text.starts_with("read_exactly server.test ("));
        }
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("an operation of TLS that is stopped before takes nothing") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        co_await two.server.write("four");
        std::array<char, 4> four;
        // so that it is decrypted already
        CHECK(co_await two.client.read(coil::byte_span(four.data(), 1)) == 1);
        const auto stopped = [&]() -> task<int> {
            int thrown = 0;
            try {
                co_await coil::sleep_for(1h);
            } catch (const coil::cancelled&) {
                ++thrown;
            }
            try {
                co_await two.client.read(four);
            } catch (const coil::cancelled&) {
                ++thrown;
            }
            try {
                co_await two.client.read_exactly(four);
            } catch (const coil::cancelled& c) {
                if (c.transferred() == 0) ++thrown;
            }
            try {
                co_await two.client.write("never");
            } catch (const coil::cancelled& c) {
                if (c.transferred() == 0) ++thrown;
            }
            try {
                co_await two.client.shutdown_write();
            } catch (const coil::cancelled&) {
                ++thrown;
            }
            co_return thrown;
        };
        auto h = coil::spawn(stopped());
        co_await suspended(h);
        h.cancel();
        CHECK(co_await h == 5);
        CHECK(co_await two.client.read_exactly(coil::byte_span(four.data(), 3)) == 3);
        CHECK(std::string(four.data(), 3) == "our");
        co_await two.client.write("ever");
        co_await two.client.close();
        CHECK(co_await read_all(two.server) == "ever");
    }());
}

TEST_CASE("an operation of TLS that waits is stopped, and no byte is lost") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        std::array<char, 8> eight{};
        auto reading = coil::spawn(two.client.read_exactly(eight));
        co_await suspended(reading);
        co_await two.server.write("abc");
        co_await until([&] { return eight[2] == 'c'; });
        co_await suspended(reading);
        reading.cancel();
        std::size_t kept = 0;
        try {
            co_await reading;
        } catch (const coil::cancelled& c) {
            kept = c.transferred();
        }
        CHECK(kept == 3);
        co_await two.server.write("def");
        CHECK(co_await two.client.read(eight) == 3);
        CHECK(std::string(eight.data(), 3) == "def");
        try {
            co_await coil::timeout(1ms, two.client.read(eight));
            FAIL("nothing came");
        } catch (const coil::timed_out&) {}

        // A write that is stopped says what is on its way, and the next one goes on from there.
        const std::string much = pattern(std::size_t{16} << 20);
        auto writing = coil::spawn(two.client.write(much));
        co_await suspended(writing);
        writing.cancel();
        std::size_t taken = 0;
        try {
            co_await writing;
        } catch (const coil::cancelled& c) {
            taken = c.transferred();
        }
        CHECK(taken > 0);
        CHECK(taken < much.size());
        const auto rest = [&]() -> task<> {
            co_await two.client.write(std::string_view(much).substr(taken));
            co_await two.client.close();
        };
        auto going_on = coil::spawn(rest());
        const std::string all = co_await read_all(two.server);
        CHECK((all == much));
        co_await going_on;
    }());
}

TEST_CASE("a handshake with a silent peer is stopped, by hand and by a deadline, and leaks nothing") {
    const tls_context client = client_context(), server = server_context();
    const auto body = [&]() -> task<> {
        const std::ptrdiff_t before = open_descriptors();
        {
            both_ends tcp = co_await connected();
            try {
                co_await coil::timeout(1ms, tls_stream::client(std::move(tcp.client), client, "server.test"));
                FAIL("nobody answered");
            } catch (const coil::timed_out&) {}
            // the client's first message came, and then the end
            const ending e = co_await ending_of(tls_stream::server(std::move(tcp.server), server));
            CHECK(e.code != std::error_code());
        }
        {
            both_ends tcp = co_await connected();
            auto waiting = coil::spawn(tls_stream::server(std::move(tcp.server), server));
            co_await suspended(waiting);
            waiting.cancel();
            CHECK_THROWS_AS(co_await waiting, coil::cancelled);
        }
        CHECK(open_descriptors() == before);
    };
    coil::run(body());
}

TEST_CASE("close is not held up by a peer that reads nothing") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        const std::string much(std::size_t{16} << 20, 'm');
        auto writing = coil::spawn(two.client.write(much));
        co_await suspended(writing);
        writing.cancel();
        CHECK_THROWS_AS(co_await writing, coil::cancelled);
        co_await two.client.close();  // with a full line to the peer
        const ending e = co_await ending_of(read_all(two.server));
        CHECK((e.code == tls_errc::truncated || e.code == std::errc::connection_reset));
    }());
}
