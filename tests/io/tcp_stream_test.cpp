// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tcp_stream.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

using namespace io_test;

namespace {

bool no_delay(const tcp_stream& s) {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(s.native_handle(), IPPROTO_TCP, TCP_NODELAY, &value, &size);
    return value != 0;
}

// The next close of the stream sends a reset.
void reset_on_close(const tcp_stream& s) {
    const linger hard{1, 0};
    setsockopt(s.native_handle(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace

TEST_CASE("bytes go both ways, and the end of a stream is a value") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        CHECK(co_await client.write("hello") == 5);
        std::array<char, 64> buffer{};
        std::size_t n = 0;
        while (n < 5)
            n += co_await server.read(std::span(buffer).subspan(n));
        CHECK(std::string(buffer.data(), n) == "hello");
        co_await server.write(std::string("and ") + "back");
        std::string back(8, ' ');
        CHECK(co_await client.read_exactly(back) == 8);
        CHECK(back == "and back");

        co_await client.shutdown_write();
        CHECK(co_await server.read(buffer) == 0);
        CHECK(co_await server.read(buffer) == 0);  // for ever
        co_await server.write("still there");      // the other direction lives
        std::string still(11, ' ');
        co_await client.read_exactly(still);
        CHECK(still == "still there");
    }());
}

TEST_CASE("a stream knows its ends and sends small writes at once") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        CHECK(client.peer_endpoint() == server.local_endpoint());
        CHECK(server.peer_endpoint() == client.local_endpoint());
        CHECK(client.peer_endpoint().host() == "127.0.0.1");
        CHECK(no_delay(client));
        CHECK(no_delay(server));
        client.set_no_delay(false);
        CHECK_FALSE(no_delay(client));
        CHECK((fcntl(client.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((fcntl(server.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
        static_assert(sizeof(tcp_stream) <= 40);
        static_assert(std::is_nothrow_move_constructible_v<tcp_stream>);
    }());
}

TEST_CASE("IPv6 is no different") {
    coil::run([]() -> task<> {
        auto l = tcp_listener::bind(endpoint("::1", 0));
        auto [client, server] = co_await coil::when_all(tcp_stream::connect(l.local_endpoint()), l.accept());
        CHECK(server.peer_endpoint().host() == "::1");
        CHECK(server.peer_endpoint() == client.local_endpoint());
        co_await server.write("x");
        std::string x(1, ' ');
        co_await client.read_exactly(x);
        CHECK(x == "x");
    }());
}

TEST_CASE("a moved stream keeps its operations; the empty one says so") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(2, ' ');
        const auto reading = [&]() -> task<> { co_await server.read_exactly(text); };
        auto h = coil::spawn(reading());
        co_await suspended(h);
        tcp_stream elsewhere = std::move(server);
        CHECK(elsewhere.is_open());
        CHECK_FALSE(server.is_open());
        CHECK(server.native_handle() == -1);
        co_await client.write("ab");
        co_await h;
        CHECK(text == "ab");
        auto r = co_await coil::as_result(server.read(text));
        CHECK(r.error() == std::errc::bad_file_descriptor);
        CHECK_THROWS_AS(static_cast<void>(server.local_endpoint()), std::system_error);
        CHECK_THROWS_AS(server.set_no_delay(true), std::system_error);
        co_await server.close();  // of nothing
    }());
}

TEST_CASE("a second reader, or writer, is refused at its line; one of each is fine") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(1, ' '), other(1, ' ');
        const auto reading = [&]() -> task<> { co_await server.read_exactly(text); };
        auto h = coil::spawn(reading());
        co_await suspended(h);
        const unsigned line = __LINE__ + 2;
        try {
            co_await server.read(other);
            FAIL("two readers");
        } catch (const std::logic_error& e) {
            const std::string where = "tcp_stream_test.cpp:" + std::to_string(line);
            CHECK_MESSAGE(std::string(e.what()).find(where) != std::string::npos, e.what());
        }
        co_await server.write("y");

        const std::vector<char> much(8 << 20);
        const auto writing = [&]() -> task<> { co_await client.write(much); };
        auto w = coil::spawn(writing());
        co_await suspended(w);
        bool refused = false;
        try {
            co_await client.write("z");
        } catch (const std::logic_error&) {
            refused = true;
        }
        CHECK(refused);
        w.cancel();
        co_await h;  // the first byte came
    }());
}

TEST_CASE("closing under a pending read ends it, and nothing reaches the next owner of the number") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(8, '.');
        std::error_code ended;
        const auto reading = [&]() -> task<> {
            try {
                co_await server.read(text);
            } catch (const std::system_error& e) {
                ended = e.code();
                CHECK(std::string(e.what()).starts_with("read " + to_string(client.local_endpoint()) + ": "));
            }
        };
        auto h = coil::spawn(reading());
        co_await suspended(h);
        const int number = server.native_handle();
        co_await server.close();
        CHECK_FALSE(server.is_open());
        co_await h;
        CHECK(ended == std::errc::operation_canceled);
        const auto after = co_await coil::as_result(server.read(text));
        CHECK(after.error() == std::errc::bad_file_descriptor);

        std::array<int, 2> next{};
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, next.data()) == 0);
        // the number is free: one of the two has it, or can have it
        const int owner = next[0] == number || next[1] == number ? number : dup3(next[0], number, O_CLOEXEC);
        CHECK(owner == number);
        (void)co_await coil::as_result(client.write("for the old one"));
        (void)co_await coil::as_result(client.write("again"));
        char c = 0;
        CHECK(read(owner, &c, 1) == -1);
        CHECK(text == "........");
        if (owner != next[0] && owner != next[1]) close(owner);
        for (const int fd : next)
            close(fd);
    }());
}

TEST_CASE("destroying a stream under a pending read and write ends them") {
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        auto doomed = std::make_unique<tcp_stream>(std::move(server));
        std::string text(8, '.');
        const std::vector<char> much(8 << 20);
        std::error_code read_ended, write_ended;
        const auto reading = [&]() -> task<> {
            auto r = co_await coil::as_result(doomed->read(text));
            read_ended = r.error().code();
        };
        const auto writing = [&]() -> task<> {
            auto r = co_await coil::as_result(doomed->write(much));
            write_ended = r.error().code();
        };
        auto r = coil::spawn(reading());
        auto w = coil::spawn(writing());
        co_await suspended(r);
        co_await suspended(w);
        doomed.reset();
        co_await r;
        co_await w;
        CHECK(read_ended == std::errc::operation_canceled);
        CHECK(write_ended == std::errc::operation_canceled);
    }());
}

TEST_CASE("a peer that resets is an error with its name, and no signal") {
    const bool reset = std::signal(SIGPIPE, SIG_DFL) != SIG_ERR;
    REQUIRE(reset);
    coil::run([]() -> task<> {
        auto [client, server] = co_await connected();
        const std::string peer = to_string(client.local_endpoint());
        std::array<char, 8> buffer{};
        reset_on_close(client);
        co_await client.close();
        try {
            co_await server.read(buffer);
            FAIL("it read");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::connection_reset);
            CHECK(e.what() == "read " + peer + ": Connection reset by peer");
        }
        try {
            co_await server.write("x");
            FAIL("it wrote");
        } catch (const coil::transfer_error& e) {
            CHECK(e.code() == std::errc::broken_pipe);
            CHECK(e.what() == "write " + peer + ": Broken pipe");
            CHECK(e.transferred() == 0);
        }
        try {
            co_await server.shutdown_write();
            FAIL("it shut down");
        } catch (const std::system_error& e) {
            CHECK(e.what() == "shutdown_write " + peer + ": Transport endpoint is not connected");
        }
    }());
}

TEST_CASE("closed streams leave no descriptor behind") {
    coil::run([]() -> task<> {
        { auto warm = co_await connected(); }
        const auto before = open_descriptors();
        for (int i = 0; i < 20; ++i) {
            auto [client, server] = co_await connected();
            if (i % 2 == 0) co_await server.close();
            tcp_stream moved = std::move(client);
        }
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("receive lends what came, on the loop and on the pool, and the end is an empty chunk") {
    for (const bool on_pool : {false, true}) {
        coil::run([](bool pool) -> task<> {
            auto [client, server] = co_await connected();
            if (pool) co_await coil::resume_on(coil::pool());
            co_await client.write("hello");
            std::string got;
            while (got.size() < 5)
                got.append((co_await server.receive()).text());
            CHECK(got == "hello");
            coil::chunk c;
            const auto receiving = [&]() -> task<> { c = co_await server.receive(); };
            auto h = coil::spawn(receiving());
            co_await suspended(h);
            co_await client.write("later");
            co_await h;
            REQUIRE_FALSE(c.empty());
            CHECK(c.text() == std::string_view("later").substr(0, c.size()));
            co_await server.write(c);  // a chunk is bytes like any other
            std::string back(c.size(), ' ');
            co_await client.read_exactly(back);
            CHECK(back == c.text());
            co_await client.shutdown_write();
            while (!(co_await server.receive()).empty()) {}
            CHECK((co_await server.receive()).empty());
        }(on_pool));
    }
}

TEST_CASE("readiness is told and nothing consumed; closing ends the wait") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        auto waiting = coil::spawn(l.acceptable());
        co_await suspended(waiting);
        tcp_stream client = co_await tcp_stream::connect(l.local_endpoint());
        co_await waiting;
        co_await l.acceptable();
        tcp_stream server = co_await l.accept();
        co_await client.writable();
        auto reading = coil::spawn(server.readable());
        co_await suspended(reading);
        co_await client.write("x");
        co_await reading;
        co_await server.readable();
        std::string x(1, ' ');
        co_await server.read_exactly(x);
        CHECK(x == "x");
        auto closed = coil::spawn(server.readable());
        co_await suspended(closed);
        co_await server.close();
        auto r = co_await coil::as_result(closed);
        CHECK(r.error() == std::errc::operation_canceled);
        co_await client.readable();  // the end is something to read
    }());
}

TEST_CASE("a connection can be handed to another loop, which goes on with it") {
    coil::loop other;
    std::promise<coil::resolver<void>> begun;
    std::thread thread([&] {
        const auto stay = [&](coil::resolver<void> end) { begun.set_value(std::move(end)); };
        const auto wait = [&]() -> task<> { co_await coil::from_callback<void>(stay); };
        other.run(wait());
    });
    const coil::resolver<void> end = begun.get_future().get();
    int answered = 0;
    const auto all = [&]() -> task<> {
        auto [client, server] = co_await connected();
        std::string text(3, ' ');
        co_await client.write("one");
        co_await server.read_exactly(text);  // here
        const auto rest = [&](tcp_stream s) -> task<> {
            std::string more(3, ' ');
            CHECK(std::this_thread::get_id() == thread.get_id());
            co_await s.read_exactly(more);
            CHECK(std::this_thread::get_id() == thread.get_id());
            CHECK(more == "two");
            co_await s.write("bye");
            ++answered;
        };
        auto h = coil::spawn_on(other, rest(std::move(server)));
        co_await client.write("two");
        co_await client.read_exactly(text);
        CHECK(text == "bye");
        co_await h;
    };
    coil::run(all());
    CHECK(answered == 1);
    end.set_value();
    thread.join();
}

TEST_CASE("a chunk outlives its stream and its run; a second reader is refused; errors name the peer") {
    coil::chunk kept;
    coil::run([](coil::chunk& c) -> task<> {
        auto [client, server] = co_await connected();
        co_await client.write("kept");
        c = co_await server.receive();
        std::string text;
        auto h = coil::spawn(server.receive());
        co_await suspended(h);
        std::byte one{};
        CHECK_THROWS_AS(co_await server.read(std::span(&one, 1)), std::logic_error);
        reset_on_close(client);
        co_await client.close();
        try {
            (void)co_await h;
        } catch (const std::system_error& e) {
            text = e.what();
            CHECK(e.code() == std::errc::connection_reset);
        }
        CHECK(text.starts_with("receive " + to_string(server.peer_endpoint())));
    }(kept));
    CHECK(kept.text() == "kept");
}
