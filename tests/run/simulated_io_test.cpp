// SPDX-License-Identifier: BSL-1.0
// Sockets and files under every order that the simulation draws: stopped at every point, under deadlines.
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/simulated_random.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>
#include <coil/runtime/run/simulate.hpp>
#include <coil/runtime/runtime.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
using coil::net::tcp_listener;
using coil::net::tcp_stream;
using coil::ring::simulated_random;
namespace sim = coil::sim;

namespace {

const coil::net::endpoint anywhere("127.0.0.1", 0);
const sim::faults slow{.short_reads = 0.2, .short_writes = 0.2, .delays = 0.6, .longest_delay = 1ms};

std::size_t open_descriptors() {
    return dynamic_cast<coil::ring::simulated_ring&>(coil::ring::this_io_home->entries).open_descriptors();
}

// What one operation has to work with, and what it did.
struct place_of_work {
    tcp_listener listener;
    tcp_stream near, far;
    coil::fs::file file;
    std::string sent, got;  // on the way from far to near
    std::size_t given = 0;  // by near
    std::size_t taken = 0;  // by far
};

const std::string text = "thirty-two bytes that are to come";

task<> connects(place_of_work& w) {
    tcp_stream s = co_await tcp_stream::connect(w.listener.local_endpoint());
    co_await s.close();
}
task<> accepts(place_of_work& w) {
    tcp_stream s = co_await w.listener.accept();
    co_await s.close();
}
task<> reads(place_of_work& w) {
    std::array<char, 8> buffer;
    const std::size_t n = co_await w.near.read(buffer);
    w.got.append(buffer.data(), n);
}
task<> receives(place_of_work& w) {
    const coil::chunk c = co_await w.near.receive();
    w.got.append(c.text());
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
    const std::string much(200, 'w');
    try {
        co_await w.near.write(much);
        w.given = much.size();
    } catch (const coil::cancelled& c) {
        w.given = c.transferred();
        throw;
    }
}
task<> works_on_files(place_of_work& w) {
    coil::fs::file f = co_await coil::fs::open("/tmp/other", coil::fs::mode::write);
    co_await f.write_at(text, 3);
    co_await f.sync();
    co_await w.file.write_at(text, 0);
    CHECK(co_await w.file.size() == text.size());
    std::array<char, 8> buffer;
    CHECK(co_await w.file.read_at(buffer, 0) == 8);
    co_await f.close();
    const std::string whole = co_await coil::fs::read_file("/tmp/other");
    CHECK(whole.size() == text.size() + 3);
}
task<> closes(place_of_work& w) {
    co_await w.near.shutdown_write();
    co_await w.near.close();
    co_await w.file.close();
}

// The other side of the operation, after a while.
task<> answers(place_of_work& w, task<> (*op)(place_of_work&)) {
    co_await coil::sleep_for(700us);
    if (op == &accepts) {
        tcp_stream s = co_await tcp_stream::connect(w.listener.local_endpoint());
        co_await s.close();
    } else if (op == &connects) {
        tcp_stream s = co_await w.listener.accept();
        co_await s.close();
    } else if (op == &reads || op == &receives || op == &reads_exactly) {
        co_await w.far.write(text);
        w.sent = text;
    } else if (op == &writes) {
        std::array<char, 16> buffer;
        while (w.taken < 200)
            w.taken += co_await w.far.read(buffer);
    }
}

// Stops one operation after so many steps, by turns or by time. True if it had come to its end by itself.
task<bool> stopped_after(int steps, task<> (*op)(place_of_work&)) {
    const std::size_t before = open_descriptors();
    bool ended = false;
    {
        place_of_work w;
        w.listener = tcp_listener::bind(anywhere);
        auto both = co_await coil::when_all(w.listener.accept(), tcp_stream::connect(w.listener.local_endpoint()));
        w.far = std::move(std::get<0>(both));
        w.near = std::move(std::get<1>(both));
        w.file = co_await coil::fs::open("/tmp/file", coil::fs::mode::read_write);

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
        if (op == &accepts || op == &connects || op == &writes) other.cancel();
        try {
            co_await other;
        } catch (const coil::cancelled&) {}

        // nothing was lost on the way, and nothing came that was not sent
        if (w.near.is_open()) {
            std::array<char, 64> rest;
            co_await w.far.shutdown_write();
            for (;;) {
                const std::size_t n = co_await w.near.read(rest);
                if (n == 0) break;
                w.got.append(rest.data(), n);
            }
            CHECK(w.got == w.sent);
            std::size_t arrived = w.taken;
            co_await w.near.close();
            for (;;) {
                const std::size_t n = co_await w.far.read(rest);
                if (n == 0) break;
                arrived += n;
            }
            CHECK(arrived == w.given);
        }
    }
    CHECK(open_descriptors() == before);
    co_return ended;
}

}  // namespace

TEST_CASE("simulated io: an operation that is stopped at any point loses nothing and leaks nothing") {
    struct row {
        const char* name;
        task<> (*op)(place_of_work&);
    };
    const row rows[] = {
        {"connect", &connects},           {"accept", &accepts}, {"read", &reads},           {"receive", &receives},
        {"read_exactly", &reads_exactly}, {"write", &writes},   {"files", &works_on_files}, {"close", &closes}};
    for (const auto& [name, op] : rows) {
        CAPTURE(name);
        int stops = 0;
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            bool ended = false;
            int steps = 0;
            for (; !ended && steps < 400; ++steps)
                ended = sim::run(seed, stopped_after(steps, op), {.faults = slow, .buffer = 64});
            CHECK(ended);
            stops += steps;
        }
        CHECK(stops > 10);
    }
}

// ---- deadlines

namespace {

task<> writes_records(tcp_stream s, std::uint32_t count, simulated_random random) {
    for (std::uint32_t i = 0; i < count; ++i) {
        if (random.draw(3) == 0) co_await coil::sleep_for(std::chrono::microseconds(random.draw(300)));
        co_await s.write(coil::byte_view(&i, sizeof i));
    }
    co_await s.close();
}

task<> reads_under_deadlines(std::uint64_t seed) {
    constexpr std::uint32_t count = 300;
    simulated_random random(seed + 7777);
    tcp_listener l = tcp_listener::bind(anywhere);
    auto both = co_await coil::when_all(l.accept(), tcp_stream::connect(l.local_endpoint()));
    tcp_stream s = std::move(std::get<0>(both));
    auto writer = coil::spawn(writes_records(std::move(std::get<1>(both)), count, simulated_random(seed)));
    std::string all;
    int late = 0;
    for (bool over = false; !over;) {
        std::array<char, 7> buffer;
        const auto wait = std::chrono::microseconds(random.draw(200));
        const auto n = co_await coil::move_on_after(wait, s.read(buffer));
        if (!n.has_value()) ++late;
        else if (*n == 0) over = true;
        else all.append(buffer.data(), *n);
    }
    co_await writer;
    REQUIRE(all.size() == count * sizeof(std::uint32_t));
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint32_t record = 0;
        std::memcpy(&record, all.data() + i * sizeof record, sizeof record);
        REQUIRE(record == i);
    }
    CHECK(late > 0);
}

task<> connects_and_looks(coil::net::endpoint to, simulated_random random, int& served, int& turned_away) {
    co_await coil::sleep_for(std::chrono::microseconds(random.draw(5000)));
    tcp_stream s;
    try {
        s = co_await tcp_stream::connect(to);
        std::array<char, 4> buffer;
        const std::size_t n = co_await s.read(buffer);
        ++(n == 0 ? turned_away : served);
    } catch (const std::system_error&) {
        ++turned_away;  // refused, or reset by a listener that is gone
    }
}

task<> accepts_under_deadlines(std::uint64_t seed) {
    constexpr int clients = 60;
    const std::size_t before = open_descriptors();
    simulated_random random(seed + 4242);
    int served = 0, turned_away = 0, accepted = 0;
    {
        tcp_listener l = tcp_listener::bind(anywhere);
        std::vector<coil::join_handle<void>> all;
        for (int i = 0; i < clients; ++i)
            all.push_back(coil::spawn(
                connects_and_looks(l.local_endpoint(), simulated_random(random.draw(1U << 30)), served, turned_away)));
        for (int i = 0; i < 40; ++i) {
            const auto wait = std::chrono::microseconds(random.draw(200));
            auto s = co_await coil::move_on_after(wait, l.accept());
            if (!s.has_value()) continue;
            ++accepted;
            co_await s->write("ok");
            co_await s->close();
        }
        co_await l.close();
        for (auto& h : all)
            co_await h;
    }
    // whoever was accepted was handed over, and everybody else has seen an end
    CHECK(served == accepted);
    CHECK(served + turned_away == clients);
    CHECK(open_descriptors() == before);
}

}  // namespace

TEST_CASE("simulated io: a deadline never eats bytes") {
    for (std::uint64_t seed = 0; seed < 100; ++seed)
        sim::run(seed, reads_under_deadlines(seed), {.faults = slow, .buffer = 64});
}

TEST_CASE("simulated io: a cancelled accept leaks nothing") {
    for (std::uint64_t seed = 0; seed < 100; ++seed)
        sim::run(seed, accepts_under_deadlines(seed), {.faults = slow});
}
