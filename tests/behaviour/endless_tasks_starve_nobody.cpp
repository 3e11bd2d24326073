// SPDX-License-Identifier: BSL-1.0
// Tasks that yield for ever, on the loop and on every worker of the pool, leave room for a timer, a socket and a job
// from outside: each is served within a bounded number of the others' turns.
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using io_test::tcp_stream;
using clock = std::chrono::steady_clock;

constexpr int endless = 100;
// The loop looks round after 64 resumptions; what it finds stands behind the hundred tasks that are ready.
constexpr long turns_per_step = 64 + endless + 64;

std::atomic<long> turns{0};  // on the loop's thread; the one outside looks on
clock::time_point due{};     // a deadline that somebody waits for,
long turns_after_due = 0;    // and the turns of others since it has come

task<> takes_turns() {
    for (;;) {
        ++turns;
        if (due != clock::time_point{} && clock::now() >= due) ++turns_after_due;
        co_await coil::yield();
    }
}

task<> timers(int rounds) {
    for (int i = 0; i != rounds; ++i) {
        turns_after_due = 0;
        due = clock::now() + 2ms;
        const auto until = due;
        co_await coil::sleep_until(until);
        due = {};
        expect(clock::now() >= until, "never before its time");
        expect(turns_after_due <= 2 * turns_per_step, "turns after a deadline: " + std::to_string(turns_after_due));
    }
}

task<> echoes(tcp_stream& s) {
    char c = 0;
    while (co_await s.read(coil::byte_span(&c, 1)) == 1)
        co_await s.write(coil::byte_view(&c, 1));
}
// Sockets whose bytes are there when the sender's call returns; the kernel may deliver TCP's a little later.
std::array<tcp_stream, 2> a_pair() {
    int ends[2] = {-1, -1};
    expect(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a pair of sockets");
    const auto stream = [](int fd) { return tcp_stream(coil::ring::descriptor(fd, coil::ring::keeper_here()), {}); };
    return {stream(ends[0]), stream(ends[1])};
}

task<> sockets(int rounds) {
    auto [client, far] = a_pair();
    auto server = coil::spawn(echoes(far));
    for (int i = 0; i != rounds; ++i) {
        const long before = turns;
        char c = 'x';
        co_await client.write(coil::byte_view(&c, 1));
        co_await client.read_exactly(coil::byte_span(&c, 1));
        // four operations in a row, each submitted at one look and answered at that or the next
        expect(turns - before <= 8 * turns_per_step, "turns during an echo: " + std::to_string(turns - before));
    }
    co_await client.shutdown_write();
    co_await server;
}

task<> jobs_from_outside(int rounds) {
    auto& home = static_cast<coil::loop&>(*coil::this_thread.here);
    for (int i = 0; i != rounds; ++i) {
        long called_at = 0, posted_at = 0;
        std::thread outside;
        co_await coil::from_callback<void>([&](coil::resolver<void> done) {
            outside = std::thread([&, done] {
                const bool taken = home.post([&called_at, done] {
                    called_at = turns;
                    done();
                });
                posted_at = turns;  // late rather than early: this thread may have been put to sleep before
                expect(taken, "a live loop takes a call");
            });
        });
        outside.join();
        expect(called_at - posted_at <= turns_per_step,
               "turns before a call: " + std::to_string(called_at - posted_at));
    }
}

std::atomic<bool> enough{false};
std::atomic<long> pool_turns{0};
task<> takes_turns_on_the_pool() {
    while (!enough) {
        ++pool_turns;
        co_await coil::yield();
    }
}

// Whoever is not served at all hangs; how many turns pass depends on which worker the system lets run.
task<> on_the_pool(int rounds) {
    for (unsigned i = 0; i != 8 * coil::pool().size(); ++i)
        (void)coil::spawn_on(coil::pool(), takes_turns_on_the_pool());
    while (pool_turns < 1000)
        co_await coil::yield();
    auto ends = co_await io_test::connected();
    auto server = coil::spawn_on(coil::pool(), echoes(ends.server));
    for (int i = 0; i != rounds; ++i) {
        expect_equal(co_await coil::on_pool([i] { return i; }), i, "a job from outside");
        co_await coil::on_pool(coil::sleep_for(1ms));
        char c = 'x';
        co_await ends.client.write(coil::byte_view(&c, 1));
        co_await ends.client.read_exactly(coil::byte_span(&c, 1));
        ++bad_day::progress;
    }
    co_await ends.client.shutdown_write();
    co_await server;
    enough = true;
}

task<> amain(int rounds) {
    for (int i = 0; i != endless; ++i)
        (void)coil::spawn(takes_turns(), {.daemon = true});
    co_await timers(rounds);
    co_await sockets(rounds);
    co_await jobs_from_outside(rounds);
    co_await on_the_pool(rounds);
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    coil::run(amain(bad_day::is_full(argc, argv) ? 5000 : static_cast<int>(full_size(100))));
    return bad_day::verdict();
}
