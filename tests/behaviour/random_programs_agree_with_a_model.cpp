// SPDX-License-Identifier: BSL-1.0
// Random programs in simulation: clients that connect, send, close half, sleep, spawn, cancel each other and throw, against
// an echo server, under faults. A simple model knows for each client what may have come of it: what came back begins what
// was sent, and is all of it unless somebody stopped the client or a fault struck; everybody who began has ended; nothing
// is left open. The same seed gives the same trace.
#include "bad_day.hpp"

#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/simulated_random.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>
#include <coil/runtime/run/simulate.hpp>
#include <coil/runtime/runtime.hpp>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using bad_day::expect;
using coil::task;
using coil::net::tcp_listener;
using coil::net::tcp_stream;
using coil::ring::simulated_random;
namespace sim = coil::sim;

namespace {

struct own_error {};

// What the model knows of a client.
struct life {
    std::string sent, got;
    bool began = false, ended = false;
    bool stopped = false, failed = false, threw = false;
    bool saw_the_end = false;
};

struct world {
    world(std::uint64_t seed, int clients) : random(seed), lives(static_cast<std::size_t>(clients)) {
        handles.resize(lives.size());
    }
    void note(const char* what, std::size_t who) {
        trace.append(what).append(std::to_string(who)).append("@");
        trace.append(std::to_string(sim::now().time_since_epoch().count())).append(" ");
    }
    simulated_random random;
    std::vector<life> lives;
    std::vector<coil::join_handle<void>> handles;
    std::string trace;
    int broken = 0;  // connections, as the server saw it
};

task<> echo(world& w, tcp_stream s) {
    std::array<char, 48> buffer;
    try {
        for (;;) {
            const std::size_t n = co_await s.read(buffer);
            if (n == 0) break;
            co_await s.write(coil::byte_view(buffer.data(), n));
        }
    } catch (const std::system_error&) {
        ++w.broken;  // by the client that went, or a fault
    }
}

task<> serve(world& w, tcp_listener l) {
    for (;;) {
        tcp_stream s = co_await l.accept();
        (void)coil::spawn(echo(w, std::move(s)));
    }
}

task<> speaks(world& w, std::size_t id, coil::net::endpoint to) {
    life& mine = w.lives[id];
    simulated_random random(w.random.draw(1ULL << 40));
    tcp_stream s = co_await tcp_stream::connect(to);
    w.note("connected", id);
    const std::uint64_t steps = 1 + random.draw(8);
    for (std::uint64_t i = 0; i < steps; ++i) {
        switch (random.draw(7)) {
        case 0:
            co_await coil::sleep_for(std::chrono::microseconds(random.draw(2000)));
            break;
        case 1: {
            const std::size_t other = random.draw(w.lives.size());
            if (other != id && w.lives[other].began && !w.lives[other].ended) {
                w.lives[other].stopped = true;
                w.handles[other].cancel();
                w.note("stops", other);
            }
            break;
        }
        case 2: {
            const auto work = [&random] { return random.draw(10); };
            if (co_await coil::on_pool(work) == 0) {
                mine.threw = true;
                throw own_error();
            }
            break;
        }
        case 3: {
            // a read under a deadline
            std::array<char, 16> buffer;
            const auto wait = std::chrono::microseconds(random.draw(500));
            const auto n = co_await coil::move_on_after(wait, s.read(buffer));
            if (n.has_value()) mine.got.append(buffer.data(), *n);
            break;
        }
        default: {
            std::string text(1 + random.draw(30), static_cast<char>('a' + id % 26));
            text += std::to_string(i);
            mine.sent += text;  // all of it may have gone, if it fails in the middle
            co_await s.write(text);
        }
        }
    }
    co_await s.shutdown_write();
    for (;;) {
        std::array<char, 16> buffer;
        const std::size_t n = co_await s.read(buffer);
        if (n == 0) break;
        mine.got.append(buffer.data(), n);
    }
    mine.saw_the_end = true;
    co_await s.close();
}

task<> lives(world& w, std::size_t id, coil::net::endpoint to) {
    life& mine = w.lives[id];
    mine.began = true;
    struct ending {
        world& w;
        std::size_t id;
        ~ending() {
            w.lives[id].ended = true;
            w.note("ended", id);
        }
    } const mark{w, id};
    try {
        co_await speaks(w, id, to);
    } catch (const std::system_error&) {
        mine.failed = true;
    } catch (const own_error&) {}
}

task<> everything(world& w) {
    tcp_listener l = tcp_listener::bind(coil::net::endpoint("127.0.0.1", 0));
    const auto at = l.local_endpoint();
    auto server = coil::spawn(serve(w, std::move(l)));
    for (std::size_t i = 0; i < w.lives.size(); ++i) {
        w.handles[i] = coil::spawn(lives(w, i, at));
        if (w.random.draw(3) == 0) co_await coil::sleep_for(std::chrono::microseconds(w.random.draw(1000)));
    }
    for (std::size_t i = 0; i < w.lives.size(); ++i) {
        try {
            co_await w.handles[i];
        } catch (const coil::cancelled&) {
            expect(w.lives[i].stopped, "a client that nobody stopped was cancelled");
        }
    }
    w.handles.clear();
    server.cancel();
    try {
        auto last = std::move(server);  // its frame, with the listener, goes with the handle
        co_await last;
    } catch (const coil::cancelled&) {}
    // those who answer the last clients are about to see their end
    co_await coil::sleep_for(1s);
    const auto& ring = dynamic_cast<coil::ring::simulated_ring&>(coil::ring::this_io_home->entries);
    expect(ring.open_descriptors() == 0, "descriptors are left: " + std::to_string(ring.open_descriptors()));
}

std::string run_once(std::uint64_t seed, bool rough) {
    world w(seed * 31 + 7, 8);
    const sim::faults kind{.short_reads = 0.2, .short_writes = 0.2, .delays = 0.3, .full_completions = 0.03};
    sim::faults bad = kind;
    bad.reset = 0.01;
    bad.interrupted = 0.005;
    bad.nothing_yet = 0.1;
    bad.late_cancels = 0.8;
    // room for all that a client sends: it reads back only later, and the two would wait for each other
    sim::run(seed, everything(w), {.faults = rough ? bad : kind, .buffer = 256});
    for (const life& c : w.lives) {
        expect(!c.began || c.ended, "a client that began has not ended");
        expect(c.began || c.stopped, "a client never began");
        expect(c.sent.starts_with(c.got), "what came back is not what was sent");
        if (!c.stopped && !c.failed && !c.threw) {
            expect(c.saw_the_end, "a client that met no misfortune did not come to its end");
            expect(c.got == c.sent || (rough && w.broken != 0), "a client that met no misfortune lost bytes");
        }
        expect(rough || !c.failed, "an operation failed without a fault");
    }
    return w.trace;
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog watch;
    const std::uint64_t seeds = bad_day::is_full(argc, argv) ? 100'000 : static_cast<std::uint64_t>(full_size(400));
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const bool rough = seed % 2 != 0;
        const int before = bad_day::failures;
        const std::string first = run_once(seed, rough);
        expect(first == run_once(seed, rough), "the same seed gave another trace");
        if (bad_day::failures != before) std::printf("with seed %lu\n", static_cast<unsigned long>(seed));
    }
    return bad_day::verdict();
}
