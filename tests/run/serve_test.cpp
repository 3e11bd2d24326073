// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/serve.hpp>

#include "../io/loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::serve;
using coil::net::serving;

namespace {

// Answers until the client has said its last.
task<> echo(tcp_stream s) {
    for (;;) {
        const coil::chunk c = co_await s.receive();
        if (c.empty()) co_return;
        co_await s.write(c);
    }
}

// One word there and back.
task<> say(tcp_stream& s, std::string word) {
    std::string back(word.size(), ' ');
    co_await s.write(word);
    co_await s.read_exactly(back);
    CHECK(back == word);
}

task<> client(endpoint to, std::string word) {
    tcp_stream s = co_await tcp_stream::connect(to);
    co_await say(s, std::move(word));
}

// True once the other end has closed.
task<bool> is_over(tcp_stream& s) {
    std::byte b{};
    auto r = co_await coil::as_result(s.read(std::span(&b, 1)));
    co_return !r.has_value() || *r == 0;
}

struct heard {
    heard() : before(coil::set_suppressed_hook(&hear)) { texts().clear(); }
    ~heard() { coil::set_suppressed_hook(before); }
    static std::vector<std::string>& texts() {
        static std::vector<std::string> all;
        return all;
    }
    static void hear(std::exception_ptr e, std::string_view, std::uint64_t) noexcept {
        try {
            std::rethrow_exception(std::move(e));
        } catch (const std::exception& x) {
            texts().emplace_back(x.what());
        }
    }
    coil::suppressed_hook before;
};

}  // namespace

TEST_CASE("serve answers every client, and ends when its listener is closed") {
    const auto before = open_descriptors();
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const endpoint to = l.local_endpoint();
        auto server = coil::spawn(serve(l, echo));
        std::vector<task<>> clients;
        for (int i = 0; i < 50; ++i)
            clients.push_back(client(to, "word " + std::to_string(i)));
        co_await coil::when_all(std::move(clients));
        co_await l.close();
        co_await server;
    }());
    CHECK(open_descriptors() == before);
}

TEST_CASE("beyond the limit clients wait in line") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const endpoint to = l.local_endpoint();
        int open = 0, most = 0;
        const auto counted = [&](tcp_stream s) -> task<> {
            most = std::max(most, ++open);
            co_await echo(std::move(s));
            --open;
        };
        auto server = coil::spawn(serve(l, counted, {.max_connections = 2}));
        tcp_stream a = co_await tcp_stream::connect(to);
        tcp_stream b = co_await tcp_stream::connect(to);
        co_await say(a, "a");
        co_await say(b, "b");
        auto third = coil::spawn(client(to, "c"));
        for (int i = 0; i < 100; ++i)
            co_await coil::yield();
        CHECK_FALSE(third.done());
        CHECK(open == 2);
        co_await a.close();
        co_await third;
        std::vector<task<>> many;
        for (int i = 0; i < 20; ++i)
            many.push_back(client(to, "d"));
        co_await coil::when_all(std::move(many));
        CHECK(most == 2);
        server.cancel();
        CHECK_THROWS_AS(co_await server, coil::cancelled);
        CHECK(co_await is_over(b));
    }());
}

TEST_CASE("a handler that throws ends its own connection; its error is reported once") {
    const heard errors;
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        int n = 0;
        const auto moody = [&](tcp_stream s) -> task<> {
            if (++n == 2) throw std::runtime_error("number two");
            co_await echo(std::move(s));
        };
        auto server = coil::spawn(serve(l, moody));
        const endpoint to = l.local_endpoint();
        tcp_stream first = co_await tcp_stream::connect(to);
        co_await say(first, "one");
        tcp_stream second = co_await tcp_stream::connect(to);
        CHECK(co_await is_over(second));
        co_await say(first, "still here");
        co_await client(to, "three");
        co_await l.close();
        co_await first.close();
        co_await server;
    }());
    CHECK(heard::texts() == std::vector<std::string>{"number two"});
}

TEST_CASE("a stopped server stops its connections, at once or after its grace") {
    for (const auto grace : {coil::nanoseconds(0), coil::nanoseconds(1ms)}) {
        coil::run([](coil::nanoseconds wait) -> task<> {
            tcp_listener l = listen();
            auto server = coil::spawn(serve(l, echo, {.grace = wait}));
            tcp_stream s = co_await tcp_stream::connect(l.local_endpoint());
            co_await say(s, "word");
            server.cancel();
            CHECK_THROWS_AS(co_await server, coil::cancelled);
            CHECK(co_await is_over(s));
            CHECK(l.is_open());
        }(grace));
    }
}

TEST_CASE("within its grace a request is finished, and an idle connection does not wait for the next") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        bool told = false;
        int busy = 0;
        const auto handler = [&](tcp_stream s, serving& all) -> task<> {
            for (;;) {
                auto c = co_await all.unless_stopping(s.receive());
                if (!c || c->empty()) {
                    told = told || !c;
                    co_return;
                }
                ++busy;
                while (c->text() == "slow" && !all.stopping())
                    co_await coil::yield();
                co_await s.write(*c);
            }
        };
        auto server = coil::spawn(serve(l, handler, {.grace = 1h}));
        tcp_stream idle = co_await tcp_stream::connect(l.local_endpoint());
        tcp_stream slow = co_await tcp_stream::connect(l.local_endpoint());
        co_await say(idle, "quick");
        auto answer = coil::spawn(say(slow, "slow"));
        co_await until([&] { return busy == 2; });
        CHECK_FALSE(answer.done());
        server.cancel();
        co_await answer;
        CHECK(co_await is_over(idle));
        CHECK(co_await is_over(slow));
        CHECK_THROWS_AS(co_await server, coil::cancelled);
        CHECK(told);
    }());
}

TEST_CASE("connections that move to the pool are counted and ended all the same") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        std::atomic<int> ended{0};
        const auto handler = [&](tcp_stream s, serving& all) -> task<> {
            co_await coil::resume_on(coil::pool());
            for (;;) {
                auto c = co_await all.unless_stopping(s.receive());
                if (!c || c->empty()) break;
                co_await s.write(*c);
            }
            ++ended;
        };
        auto server = coil::spawn(serve(l, handler, {.max_connections = 4, .grace = 1h}));
        std::vector<task<>> clients;
        for (int i = 0; i < 40; ++i)
            clients.push_back(client(l.local_endpoint(), "pool"));
        co_await coil::when_all(std::move(clients));
        tcp_stream idle = co_await tcp_stream::connect(l.local_endpoint());
        co_await say(idle, "idle");
        server.cancel();
        CHECK_THROWS_AS(co_await server, coil::cancelled);
        CHECK(ended == 41);
    }());
}

TEST_CASE("several loops share the port, each on a thread of its own, and end together") {
    const auto before = open_descriptors();
    for (const bool by_closing : {false, true}) {
        coil::run([](bool closing) -> task<> {
            tcp_listener l = tcp_listener::bind(endpoint("127.0.0.1", 0), {.reuse_port = true});
            std::mutex lock;
            std::set<std::thread::id> threads;
            int answered = 0;
            const auto handler = [&](tcp_stream s) -> task<> {
                {
                    const std::scoped_lock guard(lock);
                    threads.insert(std::this_thread::get_id());
                    ++answered;
                }
                const auto here = std::this_thread::get_id();
                co_await echo(std::move(s));
                CHECK(here == std::this_thread::get_id());
            };
            auto server = coil::spawn(serve(l, handler, {.loops = 3}));
            // the kernel spreads them by address: some go to each, in the end
            for (int round = 0; round < 100; ++round) {
                std::vector<task<>> clients;
                for (int i = 0; i < 20; ++i)
                    clients.push_back(client(l.local_endpoint(), "word"));
                co_await coil::when_all(std::move(clients));
                const std::scoped_lock guard(lock);
                CHECK(answered == 20 * (round + 1));
                if (threads.size() == 3) break;
            }
            CHECK(threads.size() == 3);
            if (closing) {
                co_await l.close();
                co_await server;
            } else {
                server.cancel();
                CHECK_THROWS_AS(co_await server, coil::cancelled);
            }
        }(by_closing));
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("what ends one loop ends the server, with that error") {
    coil::run([]() -> task<> {
        tcp_listener l = tcp_listener::bind(endpoint("127.0.0.1", 0), {.reuse_port = true});
        const auto here = std::this_thread::get_id();
        // a task that nobody claims fails on another loop, and ends that loop's run
        const auto handler = [&](tcp_stream s) -> task<> {
            if (std::this_thread::get_id() == here) co_return;
            const auto bad = []() -> task<> {
                co_await coil::yield();
                throw std::runtime_error("on a neighbour");
            };
            (void)coil::spawn(bad());
            co_await echo(std::move(s));
        };
        auto server = coil::spawn(serve(l, handler, {.loops = 2}));
        const auto knocks = [&]() -> task<> {
            for (;;) {
                auto s = co_await coil::as_result(tcp_stream::connect(l.local_endpoint()));
                if (!s.has_value()) continue;
                // A listener that closes between the steps of a handshake leaves a client that knows nothing of it; bytes
                // make the system tell.
                (void)co_await coil::as_result(s->write("?"));
                co_await is_over(*s);  // for ever, if the server ends while this one waits to be accepted
            }
        };
        auto clients = coil::spawn(knocks());
        std::string text;
        try {
            co_await server;
        } catch (const std::runtime_error& e) {
            text = e.what();
        }
        clients.cancel();
        CHECK_THROWS_AS(co_await clients, coil::cancelled);
        CHECK(text == "on a neighbour");
    }());
}

TEST_CASE("senseless options are refused by name") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const auto text_of = [&](coil::net::serve_options o) -> task<std::string> {
            std::string text = "nothing";
            try {
                co_await serve(l, echo, o);
            } catch (const std::invalid_argument& e) {
                text = e.what();
            }
            co_return text;
        };
        CHECK(co_await text_of({.max_connections = 0}) == "serve: .max_connections is 0");
        CHECK(co_await text_of({.loops = 0}) == "serve: .loops is 0");
        CHECK(co_await text_of({.loops = 2000}) == "serve: .loops is 2000, more than 1024");
        const std::string shared = co_await text_of({.loops = 2});
        CHECK(shared.find("{.reuse_port = true}") != std::string::npos);
        CHECK(shared.find(to_string(l.local_endpoint())) != std::string::npos);
        CHECK_THROWS_AS(static_cast<void>(coil::net::serve_options{.loops = -1}), std::invalid_argument);
    }());
}

TEST_CASE("a Unix listener is served like any other, on one loop") {
    coil::run([]() -> task<> {
        auto l = coil::net::unix_listener::bind(coil::net::unix_endpoint());
        const auto upper = [](coil::net::unix_stream s) -> task<> {
            std::string text(2, ' ');
            co_await s.read_exactly(text);
            co_await s.write("AB");
        };
        CHECK_THROWS_AS(co_await serve(l, upper, {.loops = 2}), std::invalid_argument);
        auto server = coil::spawn(serve(l, upper));
        auto s = co_await coil::net::unix_stream::connect(l.local_endpoint());
        co_await s.write("ab");
        std::string text(2, ' ');
        co_await s.read_exactly(text);
        CHECK(text == "AB");
        co_await l.close();
        co_await server;
    }());
}
