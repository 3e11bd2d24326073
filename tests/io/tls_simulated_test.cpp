// SPDX-License-Identifier: BSL-1.0
// TLS on a simulated network: it is only bytes, so every cut, order and stop can be tried.
#include <coil/runtime/io/tls_stream.hpp>

#include "tls_ends.hpp"

#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>
#include <coil/runtime/run/simulate.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

using namespace io_test;
using namespace std::chrono_literals;
namespace sim = coil::sim;

namespace {

// Made outside of the simulation: its files are not the machine's.
const tls_context& clients() {
    static const tls_context one = client_context();
    return one;
}
const tls_context& servers() {
    static const tls_context one = server_context();
    return one;
}

std::size_t simulated_descriptors() {
    return dynamic_cast<coil::ring::simulated_ring&>(coil::ring::this_io_home->entries).open_descriptors();
}

task<std::string> read_all(tls_stream& s) {
    std::string all;
    std::array<char, 700> buffer;
    for (;;) {
        const std::size_t n = co_await s.read(buffer);
        if (n == 0) co_return all;
        all.append(buffer.data(), n);
    }
}
task<> write_all(tls_stream& s, const std::string& text) {
    co_await s.write(text);
    co_await s.shutdown_write();
}

const std::string there(20000, 't'), back(33333, 'b');

task<> comes(tls_stream& s, const std::string& what) {
    const std::string all = co_await read_all(s);
    CHECK((all == what));
}

// Both directions at once. Yields the moment of the end.
task<coil::time_point> conversation() {
    {
        tls_ends two = co_await agreed(clients(), servers());
        co_await coil::when_all(write_all(two.client, there), write_all(two.server, back), comes(two.client, back),
                                comes(two.server, there));
        co_await two.client.close();
        co_await two.server.close();
    }
    CHECK(simulated_descriptors() == 0);
    co_return sim::now();
}

}  // namespace

TEST_CASE("simulated tls: however the bytes are cut and kept, they arrive") {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        CAPTURE(seed);
        const sim::options bad{.faults = {.short_reads = 0.5,
                                          .short_writes = 0.5,
                                          .nothing_yet = 0.3,
                                          .delays = 0.3,
                                          .longest_delay = 1ms},
                               .buffer = 2048u << seed % 6};
        const auto ended = sim::run(seed, conversation(), bad);
        // its randomness is OpenSSL's, but not its sizes: the same seed is the same run
        CHECK(sim::run(seed, conversation(), bad) == ended);
    }
}

TEST_CASE("simulated tls: a connection that breaks is an error, and leaks nothing") {
    int broken = 0, whole = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        const auto body = []() -> task<bool> {
            bool good = true;
            try {
                co_await conversation();
            } catch (const std::system_error& e) {
                good = e.code() == std::error_code();
            }
            CHECK(simulated_descriptors() == 0);
            co_return good;
        };
        const bool good = sim::run(seed, body(), {.faults = {.short_reads = 0.2, .reset = 0.01, .no_buffers = 0.005}});
        ++(good ? whole : broken);
    }
    CHECK(broken > 5);
    CHECK(whole > 5);
}

namespace {

// What one operation works with, and what it did.
struct place_of_work {
    both_ends tcp{tcp_stream(), tcp_stream()};
    tls_stream near, far;
    std::string got;        // by near
    std::size_t given = 0;  // by near
    std::size_t taken = 0;  // by far
};

const std::string text = "thirty-two bytes that are to come", more_text = "and the rest";

task<> shakes_hands(place_of_work& w) {
    w.near = co_await tls_stream::client(std::move(w.tcp.client), clients(), "server.test");
}
task<> reads(place_of_work& w) {
    std::array<char, 8> buffer;
    const std::size_t n = co_await w.near.read(buffer);
    w.got.append(buffer.data(), n);
}
task<> reads_exactly(place_of_work& w) {
    std::array<char, 20> buffer;
    try {
        co_await w.near.read_exactly(buffer);
        w.got.append(buffer.data(), buffer.size());
    } catch (const coil::cancelled& c) {
        w.got.append(buffer.data(), c.transferred());
        throw;
    }
}
task<> writes(place_of_work& w) {
    try {
        co_await w.near.write(there);
        w.given = there.size();
    } catch (const coil::cancelled& c) {
        w.given = c.transferred();
        throw;
    }
}
task<> ends_writing(place_of_work& w) {
    co_await w.near.shutdown_write();
}

task<> answers(place_of_work& w, task<> (*op)(place_of_work&)) {
    if (op == &shakes_hands) {
        w.far = co_await tls_stream::server(std::move(w.tcp.server), servers());
        co_return;
    }
    co_await coil::sleep_for(700us);
    if (op == &writes) {
        std::array<char, 900> buffer;
        while (w.taken < there.size())
            w.taken += co_await w.far.read(buffer);
    } else if (op != &ends_writing) {
        co_await w.far.write(text);
    }
}

// Stops one operation after so many steps. True if it had come to its end by itself.
task<bool> stopped_after(int steps, task<> (*op)(place_of_work&)) {
    bool ended = false;
    {
        place_of_work w;
        w.tcp = co_await connected();
        if (op != &shakes_hands) {
            auto [n, f] = co_await coil::when_all(tls_stream::client(std::move(w.tcp.client), clients(), "server.test"),
                                                  tls_stream::server(std::move(w.tcp.server), servers()));
            w.near = std::move(n);
            w.far = std::move(f);
        }
        auto other = coil::spawn(answers(w, op));
        auto one = coil::spawn(op(w));
        for (int i = 0; i < steps && !one.done(); ++i) {
            if (i % 2 == 0) co_await coil::yield();
            else co_await coil::sleep_for(100us);
        }
        ended = one.done();
        one.cancel();
        bool cancelled = false;
        try {
            co_await one;
        } catch (const coil::cancelled&) {
            cancelled = true;
        }
        CHECK((!ended || !cancelled));
        if (op == &writes || cancelled) other.cancel();
        try {
            co_await other;
        } catch (const coil::cancelled&) {
        } catch (const std::system_error& e) {
            CHECK((op == &shakes_hands && cancelled));  // the client hung up
        }
        if (op == &shakes_hands) {
            CHECK(w.near.is_open() == !cancelled);
        } else {
            // nothing was lost on the way, and nothing came that was not sent
            auto more = coil::spawn(write_all(w.far, more_text));
            const bool sent = op != &writes && op != &ends_writing && !cancelled;
            w.got += co_await read_all(w.near);
            CHECK((w.got == (sent ? text + more_text : w.got)));
            CHECK(w.got.ends_with(more_text));
            co_await more;
            auto rest = coil::spawn(read_all(w.far));
            if (op != &ends_writing || cancelled) co_await w.near.shutdown_write();
            w.taken += (co_await rest).size();
            CHECK(w.taken == w.given);
        }
        co_await w.near.close();
        co_await w.far.close();
    }
    CHECK(simulated_descriptors() == 0);
    co_return ended;
}

}  // namespace

TEST_CASE("simulated tls: an operation that is stopped at any point loses nothing and leaks nothing") {
    struct row {
        const char* name;
        task<> (*op)(place_of_work&);
    };
    const row rows[] = {{"handshake", &shakes_hands}, {"read", &reads}, {"read_exactly", &reads_exactly},
                        {"write", &writes},           {"shutdown_write", &ends_writing}};
    for (const auto& [name, op] : rows) {
        CAPTURE(name);
        int stops = 0;
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            bool ended = false;
            int steps = 0;
            for (; !ended && steps < 400; ++steps) {
                CAPTURE(seed);
                CAPTURE(steps);
                ended = sim::run(seed, stopped_after(steps, op),
                                 {.faults = {.short_reads = 0.2, .short_writes = 0.2, .delays = 0.6, .longest_delay = 1ms},
                                  .buffer = 4096});
            }
            CHECK(ended);
            stops += steps;
        }
        CHECK(stops > 8);
    }
}
