// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/descriptor_passing.hpp>

#include "loopback.hpp"
#include "low_limit.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::unix_stream;

TEST_CASE("a connection is handed over, and works at the other end") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        auto [client, server] = co_await connected();
        CHECK(co_await a.send_descriptors(std::array{server.native_handle()}, "have it") == 7);
        co_await server.close();  // here; it lives on at the other end
        std::array<char, 16> buffer{};
        auto got = co_await b.receive_descriptors(buffer);
        CHECK(std::string(buffer.data(), got.size) == "have it");
        REQUIRE(got.descriptors.size() == 1);
        CHECK_FALSE(got.truncated);
        CHECK((fcntl(got.descriptors[0].number(), F_GETFD) & FD_CLOEXEC) != 0);
        tcp_stream passed(std::move(got.descriptors[0]), client.local_endpoint());
        co_await client.write("abc");
        std::string text(3, '.');
        co_await passed.read_exactly(text);
        CHECK(text == "abc");
    }());
}

TEST_CASE("many descriptors travel, as they were given, and messages are not mixed") {
    coil::run([]() -> task<> {
        const auto before = open_descriptors();
        {
            auto [a, b] = unix_stream::pair();
            std::vector<int> many(253, a.native_handle());
            std::string with(100'000, 'x');  // more than goes at once
            const auto sending = [&]() -> task<> {
                CHECK(co_await a.send_descriptors(many, with) == with.size());
                CHECK(co_await a.send_descriptors(std::span(many).first(2)) == 1);
                co_await a.shutdown_write();
            };
            auto h = coil::spawn(sending());
            std::vector<char> buffer(1 << 16);
            std::size_t bytes = 0, descriptors = 0;
            for (;;) {
                auto got = co_await b.receive_descriptors(buffer);
                if (got.size == 0) break;
                bytes += got.size;
                descriptors += got.descriptors.size();
                CHECK_FALSE(got.truncated);
            }
            CHECK(bytes == with.size() + 1);
            CHECK(descriptors == 255);
            co_await h;
        }
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("what cannot be sent is refused by name") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const std::vector<int> too_many(254, 0);
        try {
            co_await a.send_descriptors(too_many);
            FAIL("sent");
        } catch (const std::invalid_argument& e) {
            CHECK(std::string(e.what()) == "send_descriptors: 254 descriptors; a message takes at most 253");
        }
        bool refused = false;
        try {
            co_await a.send_descriptors(std::array{0}, "");
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
        auto r = co_await coil::as_result(a.send_descriptors(std::array{-1}));
        CHECK(r.error().message() == "send_descriptors unix:(unnamed): Bad file descriptor");
    }());
}

TEST_CASE("what finds no room here is said to be missing, and nothing leaks") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const auto before = open_descriptors();
        const std::vector<int> many(8, a.native_handle());
        co_await a.send_descriptors(many);
        std::array<char, 4> buffer{};
        const int next = dup(0);
        close(next);
        const auto receiving = [&]() -> task<> {
            const low_limit few(static_cast<rlim_t>(next) + 3);
            auto got = co_await b.receive_descriptors(buffer);
            CHECK(got.truncated);
            CHECK(got.descriptors.size() <= 3);
            CHECK(got.size == 1);
        };
        co_await receiving();
        CHECK(open_descriptors() == before);
        // read by a verb that does not ask for them
        co_await a.send_descriptors(many);
        CHECK(co_await b.read(buffer) == 1);
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("descriptors are not lost, nor leaked, between a receive and its stop") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const auto before = open_descriptors();
        int stopped = 0;
        std::array<char, 4> buffer{};
        const auto refused = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await a.send_descriptors(std::array{0});
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await b.receive_descriptors(buffer);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(refused());
        (void)co_await coil::as_result(h.join_for(1h));
        CHECK(stopped == 2);
        int received = 0;
        for (int i = 0; i < 500; ++i) {
            co_await a.send_descriptors(std::array{a.native_handle()});
            if (i % 3 == 0) co_await coil::yield();
            for (;;) {
                auto r = co_await coil::as_result(coil::timeout(0us, b.receive_descriptors(buffer)));
                if (!r.has_value()) continue;
                received += static_cast<int>(r->descriptors.size());
                break;
            }
        }
        CHECK(received == 500);
        CHECK(open_descriptors() == before);
        auto w = co_await coil::as_result(coil::timeout(1ms, b.receive_descriptors(buffer)));
        CHECK(w.error() == std::errc::timed_out);
    }());
}

TEST_CASE("descriptors travel from and to the pool") {
    coil::run([]() -> task<> {
        auto [a, b] = unix_stream::pair();
        const auto before = open_descriptors();
        const auto far = [&]() -> task<int> {
            int n = 0;
            std::array<char, 4> buffer{};
            for (int i = 0; i < 20; ++i) {
                auto got = co_await b.receive_descriptors(buffer);
                n += static_cast<int>(got.descriptors.size());
                co_await b.send_descriptors(std::array{0, 1});
            }
            co_return n;
        };
        auto h = coil::spawn_on(coil::pool(), far());
        std::array<char, 4> buffer{};
        for (int i = 0; i < 20; ++i) {
            co_await a.send_descriptors(std::array{a.native_handle()});
            auto got = co_await a.receive_descriptors(buffer);
            CHECK(got.descriptors.size() == 2);
        }
        CHECK(co_await h == 20);
        CHECK(open_descriptors() <= before + 4);  // threads of the pool may have begun
    }());
}
