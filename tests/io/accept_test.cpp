// SPDX-License-Identifier: BSL-1.0
// What an accept does on bad days: stopped, closed, passed over, out of descriptors.
#include <coil/runtime/io/accept.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "low_limit.hpp"
#include "scripted_ring.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::accept_await;

namespace {

std::vector<std::string> lines;

// Keeps what the library has to say.
struct kept_log {
    kept_log() {
        lines.clear();
        before = coil::set_log_hook([](std::string_view line) noexcept { lines.emplace_back(line); });
    }
    kept_log(const kept_log&) = delete;
    kept_log& operator=(const kept_log&) = delete;
    ~kept_log() { coil::set_log_hook(before); }
    coil::log_hook before;
};

const endpoint here("10.0.0.1", 80);

std::vector<int> opcodes(const scripted_ring& r) {
    std::vector<int> all;
    for (const io_uring_sqe& e : r.seen)
        all.push_back(e.opcode);
    return all;
}

// Accepts once; what it got is closed.
task<> accept_one(coil::ring::descriptor& d, int& fd, std::error_code& error) {
    auto r = co_await coil::as_result(accept_await(d, here, coil::place::current()));
    if (!r.has_value()) error = r.error().code();
    else fd = r->native_handle();
    if (r.has_value()) CHECK(to_string(r->peer_endpoint()) == "10.0.0.9:5000");
}

constexpr int accepting = IORING_OP_ACCEPT, pausing = IORING_OP_TIMEOUT, watching = IORING_OP_POLL_ADD;

}  // namespace

TEST_CASE("a client that vanished before is passed over at once") {
    scripted_ring r;
    ring_test::driver d(r);
    coil::ring::descriptor listener(7, &r);
    r.answers = {-ECONNABORTED, -EPROTO, -EHOSTUNREACH, -EINTR, 9};
    int fd = -1;
    std::error_code error;
    ring_test::run(d, accept_one(listener, fd, error));
    CHECK(fd == 9);
    CHECK(opcodes(r) == std::vector<int>(5, accepting));
}

TEST_CASE("what is no shortage and no matter of the peer's is an error of accept") {
    scripted_ring r;
    ring_test::driver d(r);
    coil::ring::descriptor listener(7, &r);
    r.answers = {-EINVAL};
    int fd = -1;
    std::error_code error;
    ring_test::run(d, accept_one(listener, fd, error));
    CHECK(error == std::errc::invalid_argument);
    CHECK(r.seen.size() == 1);
}

TEST_CASE("in a shortage it pauses, waits for somebody in the line, and tries again") {
    for (const int shortage : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
        CAPTURE(shortage);
        scripted_ring r;
        ring_test::driver d(r);
        coil::ring::descriptor listener(7, &r);
        r.answers = {-shortage, -ETIME, 1, -shortage, -ETIME, 1, 9};
        int fd = -1;
        std::error_code error;
        ring_test::run(d, accept_one(listener, fd, error));
        CHECK(fd == 9);
        CHECK(opcodes(r) ==
              std::vector<int>{accepting, pausing, watching, accepting, pausing, watching, accepting});
    }
}

TEST_CASE("the pauses grow to a tenth of a second, and one line is written") {
    const kept_log log;
    scripted_ring r;
    ring_test::driver d(r);
    coil::ring::descriptor listener(7, &r);
    constexpr int tries = 40;
    for (int i = 0; i < tries; ++i)
        r.answers.insert(r.answers.end(), {-EMFILE, -ETIME, 1});
    r.answers.push_back(9);
    std::vector<long long> pauses;
    r.on_entry = [&](const io_uring_sqe& e) {
        if (e.opcode != IORING_OP_TIMEOUT) return;
        const auto* const after = reinterpret_cast<const __kernel_timespec*>(e.addr);
        pauses.push_back(after->tv_sec * 1'000'000'000 + after->tv_nsec);
    };
    int fd = -1;
    std::error_code error;
    ring_test::run(d, accept_one(listener, fd, error));
    CHECK(fd == 9);
    REQUIRE(pauses.size() == tries);
    CHECK(pauses.front() == 1'000'000);
    CHECK(std::is_sorted(pauses.begin(), pauses.end()));
    CHECK(std::count(pauses.begin(), pauses.end(), 100'000'000) > tries - 10);
    CHECK(lines == std::vector<std::string>{"accept 10.0.0.1:80 waits for what is short: Too many open files"});
}

TEST_CASE("a stop ends an accept that waits out a shortage, in either step") {
    for (const bool watch : {false, true}) {
        CAPTURE(watch);
        scripted_ring r;
        ring_test::driver d(r);
        ring_test::crowd all;
        coil::ring::descriptor listener(7, &r);
        r.answers = {-EMFILE};
        if (watch) r.answers.push_back(-ETIME);
        r.answers.push_back(std::nullopt);
        bool stopped = false;
        const auto body = [&]() -> task<> {
            try {
                co_await accept_await(listener, here, coil::place::current());
            } catch (const coil::cancelled&) {
                stopped = true;
            }
        };
        auto t = ring_test::start(body(), d, all);
        for (int i = 0; i < 4; ++i) {
            r.wake();
            d.turn();
        }
        CHECK(r.seen.back().opcode == (watch ? watching : pausing));
        CHECK(all.running == 1);
        t.stop();
        d.until([&] { return all.running == 0; });
        CHECK(stopped);
    }
}

TEST_CASE("closing a listener ends an accept that waits out a shortage") {
    scripted_ring r;
    ring_test::driver d(r);
    ring_test::crowd all;
    coil::ring::descriptor listener(7, &r);
    r.answers = {-EMFILE, std::nullopt};
    int fd = -1;
    std::error_code error;
    auto t = ring_test::start(accept_one(listener, fd, error), d, all);
    for (int i = 0; i < 3; ++i) {
        r.wake();
        d.turn();
    }
    listener.reset();
    d.until([&] { return all.running == 0; });
    CHECK(error == std::errc::operation_canceled);
    CHECK(r.closed == std::vector<int>{7});
}

// ---- on the kernel

TEST_CASE("an accept that is stopped before takes nobody; one that waits is stopped") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        auto client = co_await tcp_stream::connect(l.local_endpoint());
        bool before = false, waiting = false;
        const auto refused = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await l.accept();
            } catch (const coil::cancelled&) {
                before = true;
            }
        };
        auto r = coil::spawn(refused());
        co_await r.join_for(1h);
        CHECK(before);
        auto server = co_await l.accept();  // the client is still in the line
        CHECK(server.peer_endpoint() == client.local_endpoint());

        const auto waits = [&]() -> task<> {
            try {
                co_await l.accept();
            } catch (const coil::cancelled&) {
                waiting = true;
            }
        };
        auto w = coil::spawn(waits());
        co_await suspended(w);
        w.cancel();
        co_await w;
        CHECK(waiting);
        auto late = co_await coil::as_result(coil::timeout(1ms, l.accept()));
        CHECK(late.error() == std::errc::timed_out);
    }());
}

TEST_CASE("no connection is lost between an accept and its stop") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const auto before = open_descriptors();
        constexpr int count = 1000;
        int accepted = 0, late = 0;
        const auto connecting = [&]() -> task<> {
            for (int i = 0; i < count; ++i) {
                if (i % 7 == 0) co_await coil::sleep_for(100us);
                auto s = co_await tcp_stream::connect(l.local_endpoint());
                char c = 0;
                // every connection is handed to somebody, who says so
                co_await s.read_exactly(coil::byte_span(&c, 1));
                CHECK(c == 'h');
            }
        };
        auto h = coil::spawn(connecting());
        while (accepted < count) {
            auto r = co_await coil::as_result(coil::timeout(0us, l.accept()));
            if (!r.has_value()) {
                ++late;
                continue;
            }
            co_await r->write("h");
            ++accepted;
        }
        co_await h;
        CHECK(accepted == count);
        CHECK(late > 0);
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("closing a listener ends its accept; a second accept at once is refused") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const std::string name = to_string(l.local_endpoint());
        std::error_code ended;
        std::string text;
        const auto accepts = [&]() -> task<> {
            auto r = co_await coil::as_result(l.accept());
            if (r.has_value()) co_return;
            ended = r.error().code();
            text = r.error().message();
        };
        auto h = coil::spawn(accepts());
        co_await suspended(h);
        bool refused = false;
        try {
            co_await l.accept();
        } catch (const std::logic_error&) {
            refused = true;
        }
        CHECK(refused);
        co_await l.close();
        co_await h;
        CHECK(ended == std::errc::operation_canceled);
        CHECK(text == "accept " + name + ": Operation canceled");
        auto after = co_await coil::as_result(l.accept());
        CHECK(after.error() == std::errc::bad_file_descriptor);
    }());
}

TEST_CASE("out of descriptors, an accept waits without spinning and goes on when they return") {
    const kept_log log;
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        auto client = co_await tcp_stream::connect(l.local_endpoint());
        bool accepted = false;
        const auto accepts = [&]() -> task<> {
            auto s = co_await l.accept();
            accepted = true;
            CHECK(s.peer_endpoint() == client.local_endpoint());
        };
        auto& home = static_cast<coil::loop&>(*coil::this_thread.here);
        coil::join_handle<> h;
        {
            const low_limit none(0);
            h = coil::spawn(accepts());
            const auto before = home.statistics().looks;
            const auto start = home.now();
            co_await coil::sleep_for(50ms);
            CHECK_FALSE(accepted);
            // 1, 2, 4, 8, 16, 32 ms, three visits each, and what else the loop does; late timers make them fewer
            const auto elapsed = home.now() - start;
            if (elapsed < 500ms) CHECK(home.statistics().looks - before < 100);
        }
        co_await h;
        CHECK(accepted);
    }());
}

TEST_CASE("accepting from the pool comes back to the pool") {
    coil::run([]() -> task<> {
        tcp_listener l = listen();
        const auto accepts = [&]() -> task<> {
            auto s = co_await l.accept();
            CHECK(coil::pool().here());
            co_await s.write("x");
        };
        auto h = coil::spawn_on(coil::pool(), accepts());
        auto s = co_await tcp_stream::connect(l.local_endpoint());
        char c = 0;
        co_await s.read_exactly(coil::byte_span(&c, 1));
        CHECK(c == 'x');
        co_await h;
    }());
}
