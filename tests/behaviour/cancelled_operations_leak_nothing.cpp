// SPDX-License-Identifier: BSL-1.0
// Accepts, connects and opens that are given up at any moment: each connection is handed to the program or seen closed
// by its client, each descriptor is closed in the end.
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <sys/socket.h>
#include <unistd.h>
#include <array>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using coil::net::endpoint;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

struct counts {
    long handed = 0;    // to the program, which answers with a byte
    long answered = 0;  // clients that got the byte
    long closed = 0;    // clients that saw an end instead
    long refused = 0;
    long given_up = 0;
};

task<> client(endpoint to, counts& n) {
    auto s = co_await coil::as_result(tcp_stream::connect(to));
    if (!s.has_value()) {
        ++n.refused;
        co_return;
    }
    std::byte b{};
    const auto got = co_await coil::as_result(s->read(coil::byte_span(&b, 1)));
    ++(got.has_value() && *got == 1 ? n.answered : n.closed);
    ++bad_day::progress;
}

task<> clients(endpoint to, long count, unsigned seed, counts& n) {
    std::minstd_rand random(seed);
    co_await coil::with_scope([&](coil::scope& all) -> task<> {
        for (long i = 0; i != count; ++i) {
            all.spawn(client(to, n));
            if (random() % 3 == 0) co_await coil::sleep_for(std::chrono::microseconds(random() % 100));
            while (all.size() > 100)
                co_await coil::yield();
        }
    });
}

task<> accepts(tcp_listener& l, unsigned seed, counts& n) {
    std::minstd_rand random(seed);
    for (;;) {
        auto s = co_await coil::move_on_after(std::chrono::microseconds(random() % 60), l.accept());
        n.given_up += !s;
        if (!s) continue;
        ++n.handed;
        co_await s->write("y");
    }
}

task<> accept_races(bool on_pool, long count, unsigned seed) {
    counts n;
    tcp_listener l = io_test::listen();
    auto asking = coil::spawn(clients(l.local_endpoint(), count, seed, n));
    auto accepting =
        on_pool ? coil::spawn_on(coil::pool(), accepts(l, seed + 1, n)) : coil::spawn(accepts(l, seed + 1, n));
    co_await asking;
    accepting.cancel();
    try {
        co_await accepting;
    } catch (const coil::cancelled&) {
        ++bad_day::progress;
    }
    std::printf("accept on the %s: %ld handed, %ld times given up\n", on_pool ? "pool" : "loop", n.handed, n.given_up);
    expect_equal(n.answered, n.handed, "clients answered, of those handed to the program");
    expect_equal(n.answered + n.closed + n.refused, count, "clients that know how it ended");
    expect_equal(n.answered, count, "clients answered");  // somebody accepts until the last one has
}

// The client is there when the stop comes: it is handed over, or the next accept gets it.
task<> stops_meet_clients(long count) {
    tcp_listener l = io_test::listen();
    const endpoint to = l.local_endpoint();
    long taken = 0;
    const auto takes = [&](tcp_stream& into) -> task<> { into = co_await l.accept(); };
    for (long i = 0; i != count; ++i) {
        tcp_stream s;
        auto h = coil::spawn(takes(s));
        co_await io_test::suspended(h);
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        expect(::connect(client, to.data(), to.size()) == 0, "a client connects");
        h.cancel();
        (void)co_await h.join_for(24h);
        taken += s.is_open();
        if (!s.is_open()) {
            auto later = co_await coil::move_on_after(10s, l.accept());
            expect(later.has_value(), "the next accept gets the client");
            if (later) s = std::move(*later);
        }
        ::close(client);
    }
    std::printf("stops: %ld accepts took effect\n", taken);
}

// A line that is full keeps connects waiting.
task<> connect_gives_up(long count, unsigned seed) {
    std::minstd_rand random(seed);
    tcp_listener l = tcp_listener::bind(endpoint("127.0.0.1", 0), {.backlog = 1});
    std::vector<tcp_stream> line;
    for (bool full = false; !full;) {
        auto s = co_await coil::move_on_after(20ms, tcp_stream::connect(l.local_endpoint()));
        full = !s;
        if (s) line.push_back(std::move(*s));
    }
    for (long i = 0; i != count; ++i) {
        (void)co_await coil::move_on_after(std::chrono::microseconds(random() % 200),
                                           tcp_stream::connect(l.local_endpoint()));
        ++bad_day::progress;
    }
}

// One that may create a file goes to a thread of the kernel's, so that a deadline finds it on its way.
task<> open_gives_up(std::string path, long count, unsigned seed) {
    std::minstd_rand random(seed);
    long opened = 0;
    for (long i = 0; i != count; ++i) {
        const auto f = co_await coil::move_on_after(std::chrono::microseconds(random() % 30),
                                                    coil::fs::open(path, coil::fs::mode::write));
        opened += f.has_value();
        ++bad_day::progress;
    }
    std::printf("open: %ld of %ld came in time\n", opened, count);
}

}  // namespace

int main(int argc, char** argv) {
    const char* const given = std::getenv("SEED");
    const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
    std::printf("SEED=%u\n", seed);
    const bad_day::watchdog watch;
    const long count = full_size(bad_day::is_full(argc, argv) ? 10'000 : 1'000);
    const auto path = std::filesystem::temp_directory_path() / ("coil-opened-" + std::to_string(getpid()));
    coil::run(coil::blocking([] {}));  // threads and their descriptors are there from here on
    const auto before = io_test::open_descriptors();
    coil::run(accept_races(false, count, seed));
    coil::run(accept_races(true, count, seed + 10));
    coil::run(stops_meet_clients(count));
    coil::run(connect_gives_up(count / 10, seed + 20));
    coil::run(open_gives_up(path.native(), count, seed + 30));
    expect_equal(io_test::open_descriptors(), before, "open descriptors");
    std::filesystem::remove(path);
    return bad_day::verdict();
}
