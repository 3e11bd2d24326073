// SPDX-License-Identifier: BSL-1.0
// What reads and writes do when they are cut short: by the kernel, by a stop, by a deadline.
#include <coil/runtime/io/stream_operations.hpp>

#include "../ring/driver.hpp"
#include "../sanitized.hpp"
#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::cancelled;

namespace {

// A stream whose descriptor the script owns.
tcp_stream scripted(scripted_ring& r) {
    return tcp_stream(coil::ring::descriptor(7, &r), endpoint("10.0.0.1", 80));
}

std::vector<unsigned> lengths(const scripted_ring& r) {
    std::vector<unsigned> all;
    for (const io_uring_sqe& e : r.seen)
        all.push_back(e.len);
    return all;
}

// How a task that awaits one operation ended.
struct ending {
    std::size_t value = 0;
    bool stopped = false;
    std::size_t transferred = 0;
    std::error_code error;
    bool ended = false;
};

template <class Operation>
task<> note(Operation operation, ending& how) {
    try {
        how.value = co_await operation;
    } catch (const cancelled& c) {
        how.stopped = true;
        how.transferred = c.transferred();
    } catch (const coil::timed_out& t) {
        how.error = t.code();
        how.transferred = t.transferred();
    } catch (const coil::transfer_error& e) {
        how.error = e.code();
        how.transferred = e.transferred();
    }
    how.ended = true;
}

}  // namespace

// ---- by the kernel

TEST_CASE("what was interrupted is given again, and nobody hears of it") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {-EINTR, -EINTR, 3};
    ending how;
    tcp_stream s = scripted(r);
    std::array<char, 8> to{};
    ring_test::run(d, note(s.read(to), how));
    CHECK(how.value == 3);
    CHECK_FALSE(how.error);
    CHECK(r.seen.size() == 3);
}

TEST_CASE("a write goes on until the last byte, and resumes once") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {3, -EINTR, 4, 3};
    ending how;
    {
        tcp_stream s = scripted(r);
        ring_test::run(d, note(s.write("0123456789"), how));
    }
    CHECK(how.value == 10);
    CHECK(lengths(r) == std::vector<unsigned>{10, 7, 7, 3});
    for (const io_uring_sqe& e : r.seen) {
        CHECK(e.opcode == IORING_OP_SEND);
        CHECK((e.msg_flags & MSG_NOSIGNAL) != 0);
        CHECK((e.msg_flags & MSG_WAITALL) != 0);
    }
    CHECK(r.closed == std::vector<int>{7});
}

TEST_CASE("a write that fails in the middle says how far it came") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {6, -ECONNRESET};
    ending how;
    tcp_stream s = scripted(r);
    ring_test::run(d, note(s.write("0123456789"), how));
    CHECK(how.error == std::errc::connection_reset);
    CHECK(how.transferred == 6);
}

TEST_CASE("an exact read goes on until the last byte, or the end") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {1, -EINTR, 2, 5};
    std::string text(8, '.');
    ending whole, cut, none;
    tcp_stream s = scripted(r);
    ring_test::run(d, note(s.read_exactly(text), whole));
    CHECK(whole.value == 8);
    CHECK(lengths(r) == std::vector<unsigned>{8, 7, 7, 5});
    r.answers = {3, 0};
    ring_test::run(d, note(s.read_exactly(text), cut));
    CHECK(cut.error == std::errc::no_message_available);
    CHECK(cut.transferred == 3);
    r.answers = {0};
    ring_test::run(d, note(s.read_exactly(text), none));
    CHECK(none.error == std::errc::no_message_available);
    CHECK(none.transferred == 0);
}

TEST_CASE("nothing to read or to write takes no entry") {
    scripted_ring r;
    ring_test::driver d(r);
    ending write, read;
    tcp_stream s = scripted(r);
    ring_test::run(d, note(s.write(""), write));
    ring_test::run(d, note(s.read_exactly(coil::byte_span()), read));
    CHECK(write.ended);
    CHECK(read.ended);
    CHECK(r.seen.empty());
}

TEST_CASE("a peer that stops in the middle of a message is an error that says so") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        co_await client.write("abc");
        const std::string peer = to_string(client.local_endpoint());
        co_await client.close();
        std::string text(10, '.');
        try {
            co_await server.read_exactly(text);
            FAIL("it read");
        } catch (const coil::transfer_error& e) {
            CHECK(e.transferred() == 3);
            CHECK(e.what() == "read_exactly " + peer + " after 3 of 10 bytes: No data available");
        }
        CHECK(text == "abc.......");
        auto r = co_await coil::as_result(server.read_exactly(text));
        CHECK(r.error() == std::errc::no_message_available);
    }());
}

TEST_CASE("as_result gives the failure of an operation without a throw") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        co_await client.close();
        char c = 0;
        auto end = co_await coil::as_result(server.read(coil::byte_span(&c, 1)));
        REQUIRE(end.has_value());
        CHECK(*end == 0);
        co_await server.close();
        auto read = co_await coil::as_result(server.read(coil::byte_span(&c, 1)));
        CHECK(read.error() == std::errc::bad_file_descriptor);
        auto write = co_await coil::as_result(server.write("x"));
        CHECK(write.error() == std::errc::bad_file_descriptor);
        auto shut = co_await coil::as_result(server.shutdown_write());
        CHECK(shut.error() == std::errc::bad_file_descriptor);
        CHECK((co_await coil::as_result(server.close())).has_value());
    }());
}

// ---- a large write, a slow reader

TEST_CASE("a read into nothing is done though nothing has come, on the loop and off it, and takes nothing") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text = "...";
        const coil::byte_span nothing;
        for (const bool off_the_loop : {false, true}) {
            if (off_the_loop) co_await coil::resume_on(coil::pool());
            const std::size_t before = co_await server.read(nothing);
            CHECK(before == 0);
            co_await client.write("abc");
            const std::size_t after = co_await server.read(nothing);
            CHECK(after == 0);
            co_await server.read_exactly(text);
            CHECK(text == "abc");
        }
    }());
}

TEST_CASE("a write returns when the last byte was taken, however slow the reader") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::vector<unsigned> numbers(1 << 20);
        for (std::size_t i = 0; i < numbers.size(); ++i)
            numbers[i] = static_cast<unsigned>(i * 2654435761U);
        const auto writing = [&]() -> task<> {
            CHECK(co_await client.write(numbers) == numbers.size() * sizeof(unsigned));
            co_await client.shutdown_write();
        };
        auto w = coil::spawn(writing());
        std::vector<unsigned> received(numbers.size());
        std::size_t at = 0;
        const auto bytes = std::as_writable_bytes(std::span(received));
        while (const std::size_t n =
                   co_await server.read(bytes.subspan(at, std::min<std::size_t>(bytes.size() - at, 4711))))
            at += n;
        CHECK(at == bytes.size());
        CHECK(received == numbers);
        co_await w;
    }());
}

// ---- a stop

TEST_CASE("an operation of a stream that is stopped before takes nothing") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        co_await client.write("abc");
        std::string text(3, '.');
        ending read, exact, write, empty;
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            co_await note(server.read(text), read);
            co_await note(server.read_exactly(text), exact);
            co_await note(server.write("xyz"), write);
            co_await note(server.write(""), empty);
        };
        auto h = coil::spawn(all());
        (void)co_await coil::as_result(h.join_for(1h));
        for (const ending& e : {read, exact, write, empty}) {
            CHECK(e.stopped);
            CHECK(e.transferred == 0);
        }
        CHECK(text == "...");
        co_await server.read_exactly(text);
        CHECK(text == "abc");
        co_await server.close();
        CHECK(co_await client.read(text) == 0);  // nothing was written
    }());
}

TEST_CASE("a read that waits is stopped, and later bytes are for later reads") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(3, '.');
        ending how;
        auto h = coil::spawn(note(server.read(text), how));
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(how.stopped);
        CHECK(text == "...");
        co_await client.write("abc");
        co_await server.read_exactly(text);
        CHECK(text == "abc");
    }());
}

TEST_CASE("an exact read that is stopped in the middle tells what lies in its buffer") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(8, '.');
        ending how;
        auto h = coil::spawn(note(server.read_exactly(text), how));
        co_await suspended(h);
        co_await client.write("abc");
        co_await until([&] { return text[2] == 'c'; });
        CHECK_FALSE(how.ended);
        h.cancel();
        co_await h;
        CHECK(how.stopped);
        CHECK(how.transferred == 3);
        co_await client.write("defgh");
        CHECK(co_await server.read_exactly(std::span(text).subspan(3)) == 5);
        CHECK(text == "abcdefgh");
    }());
}

TEST_CASE("a write that is stopped in the middle tells how much was sent") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::vector<char> much(32 << 20, 'x');
        ending how;
        auto h = coil::spawn(note(client.write(much), how));
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(how.stopped);
        CHECK(how.transferred > 0);
        CHECK(how.transferred < much.size());
        co_await client.shutdown_write();
        std::vector<char> buffer(1 << 20);
        std::size_t received = 0;
        while (const std::size_t n = co_await server.read(buffer))
            received += n;
        CHECK(received == how.transferred);
    }());
}

TEST_CASE("what an operation had done when the stop came is returned") {
    scripted_ring r;
    ring_test::driver d(r);
    ring_test::crowd all;
    ending read, write;
    char c = 0;
    tcp_stream s = scripted(r);
    r.answers = {1, 3};
    {
        auto reading = ring_test::start(note(s.read(coil::byte_span(&c, 1)), read), d, all);
        auto writing = ring_test::start(note(s.write("abc"), write), d, all);
        d.turn();  // both are in flight
        r.submit_and_wait(coil::time_point::min());
        reading.stop();  // both have completed, and nobody has looked
        writing.stop();
        d.until([&] { return all.running == 0; });
    }
    CHECK_FALSE(read.stopped);
    CHECK(read.value == 1);
    CHECK_FALSE(write.stopped);
    CHECK(write.value == 3);
}

// ---- a deadline

TEST_CASE("a deadline carries what was moved, and a ready read beats a deadline of zero") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(8, '.');
        co_await client.write("abc");
        ending how;
        co_await note(coil::timeout(1ms, server.read_exactly(text)), how);
        CHECK(how.error == std::errc::timed_out);
        CHECK(how.transferred == 3);
        CHECK(text == "abc.....");
        auto r = co_await coil::as_result(coil::timeout(1ms, server.read(text)));
        CHECK(r.error() == std::errc::timed_out);
        co_await client.write("d");
        CHECK(co_await coil::timeout(1h, server.read(text)) == 1);
    }());
}

TEST_CASE("a deadline never eats bytes") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        constexpr unsigned count = 5000;
        const auto writing = [&]() -> task<> {
            for (unsigned i = 0; i < count; ++i) {
                co_await client.write(std::array{i});
                if (i % 3 == 0) co_await coil::yield();
                if (i % 101 == 0) co_await coil::sleep_for(100us);
            }
            co_await client.shutdown_write();
        };
        auto w = coil::spawn(writing());
        std::vector<std::byte> received;
        std::array<std::byte, 6> part{};
        unsigned late = 0;
        for (unsigned i = 0;; ++i) {
            auto r = co_await coil::as_result(coil::timeout(std::chrono::microseconds(i % 4 * 50), server.read(part)));
            if (r.has_value() && *r == 0) break;
            if (r.has_value()) received.insert(received.end(), part.begin(), part.begin() + static_cast<long>(*r));
            else ++late;
        }
        REQUIRE(received.size() == count * sizeof(unsigned));
        bool right = true;
        for (unsigned i = 0; i < count; ++i) {
            unsigned n = 0;
            std::memcpy(&n, received.data() + i * sizeof n, sizeof n);
            right = right && n == i;
        }
        CHECK(right);
        CHECK(late > 0);
        co_await w;
    }());
}

TEST_CASE("no byte arrives in memory that a read has given back") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const auto short_read = [&]() -> task<bool> {
            std::array<char, 256> buffer{};
            co_return (co_await coil::as_result(coil::timeout(0us, server.read(buffer)))).has_value();
        };
        // Its frame gets the memory that the frame before had.
        const auto canary = [&]() -> task<bool> {
            std::array<char, 256> buffer;
            buffer.fill('c');
            volatile char* const seen = buffer.data();
            co_await client.write("x");
            co_await coil::yield();
            co_await coil::yield();
            bool intact = true;
            for (std::size_t i = 0; i < buffer.size(); ++i)
                intact = intact && seen[i] == 'c';
            co_return intact;
        };
        unsigned early = 0;
        for (int round = 0; round < 2000; ++round) {
            if (!co_await short_read()) ++early;
            REQUIRE(co_await canary());
            char c = 0;
            co_await server.read_exactly(coil::byte_span(&c, 1));
        }
        CHECK(early > 0);
    }());
}

// ---- elsewhere than on the loop

TEST_CASE("streams are read and written from the pool") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const auto echo = [&]() -> task<std::size_t> {
            std::array<char, 4> buffer{};
            std::size_t count = 0;
            while (const std::size_t n = co_await server.read(buffer)) {
                CHECK(coil::pool().here());
                co_await server.write(std::span(buffer).first(n));
                CHECK(coil::pool().here());
                count += n;
            }
            co_return count;
        };
        auto h = coil::spawn_on(coil::pool(), echo());
        for (int i = 0; i < 200; ++i) {
            std::string text = std::to_string(1000 + i), back(4, '.');
            co_await client.write(text);
            if (i % 2 == 0) co_await coil::yield();
            co_await client.read_exactly(back);
            CHECK(back == text);
        }
        co_await client.shutdown_write();
        CHECK(co_await h == 800);

        const auto far = [&]() -> task<> {
            const std::vector<char> much(16 << 20, 'x');
            co_await server.write(much);  // more than there is room for: the rest goes by the loop
            co_await server.shutdown_write();
        };
        auto w = coil::spawn_on(coil::pool(), far());
        std::vector<char> all(16 << 20);
        CHECK(co_await client.read_exactly(all) == all.size());
        co_await w;
    }());
}

TEST_CASE("a reader on the pool whose peer has never anything at once seldom tries") {
    scripted_ring r;
    ring_test::driver d(r);
    ring_test::crowd all;
    coil::ring::io_home_of_pool = &d.io();
    coil::manual_executor away;
    tcp_stream s = scripted(r);
    std::string text(8, '.');
    const auto reads = [&](int n) -> task<> {
        for (int i = 0; i != n; ++i)
            co_await s.read(text);
    };
    const auto run_away = [&](int n) {
        r.calls.clear();
        auto t = ring_test::start(reads(n), away, all);
        while (all.running != 0) {
            away.drain();
            if (all.running != 0) d.turn();
        }
        CHECK_FALSE(all.error);
        return r.calls.size();
    };
    r.answers.assign(20, 5);
    CHECK(run_away(20) == 4);  // after 0, 1, 3, 7 that were left out
    r.answers.assign(80, 5);
    r.call_answers = {};
    CHECK(run_away(32) == 2);  // one in sixteen
    r.call_answers.assign(20, 5);
    r.answers.assign(16, 5);
    CHECK(run_away(30) >= 15);  // the first hit brings the tries back
    r.call_answers = {};
    r.answers.assign(40, 5);
    CHECK(run_away(20) == 4);
    r.flags = IORING_CQE_F_SOCK_NONEMPTY;  // so does a completion that leaves something there
    r.answers.assign(40, 5);
    CHECK(run_away(20) >= 10);
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE("a stop reaches a read of a task that is at home on the pool") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(8, '.');
        ending how;
        auto h = coil::spawn_on(coil::pool(), note(server.read_exactly(text), how));
        co_await client.write("abc");
        co_await suspended(h);
        h.cancel();
        co_await h;
        CHECK(how.stopped);
        CHECK((how.transferred == 0 || how.transferred == 3));
        const std::size_t rest = 3 - how.transferred;
        if (rest != 0) co_await server.read_exactly(std::span(text).subspan(how.transferred, rest));
        CHECK(text == "abc.....");
    }());
}

// ---- what it costs

#ifndef UNDER_A_SANITIZER  // which holds dead frames back
TEST_CASE("reading and writing allocate nothing") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::array<char, 64> there{}, back{};
        const auto round = [&]() -> task<> {
            for (int i = 0; i < 100; ++i) {
                co_await client.write(there);
                co_await server.read_exactly(back);
                co_await server.write(back);
                std::size_t n = 0;
                while (n < 64)
                    n += co_await client.read(std::span(there).subspan(n));
                (void)co_await coil::as_result(coil::timeout(1h, client.write("x")));
                (void)co_await server.read(back);
                co_await client.write("lent");
                const coil::chunk c = co_await server.receive();
                (void)co_await server.write_some(c);
                (void)co_await client.receive();
                co_await client.writable();
            }
        };
        co_await round();  // frames, timers and buffers of the first time
        const auto before = allocations();
        co_await round();
        CHECK(allocations() == before);
    }());
}
#endif
