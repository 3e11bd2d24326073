// SPDX-License-Identifier: BSL-1.0
// A server tested in simulated worlds: its clock jumps, its network cuts bytes, delays them and breaks connections, all
// drawn from a seed, and the same seed does it again. The very same server then answers on a real socket.
//
// What is tested: clients add numbers to a sum. What was confirmed is in the sum, and nothing is in it twice.
//
// Run it: build/examples/tested_server
// It prints
//    300 worlds without faults: 3000 additions confirmed, all of them in the sum
//    300 worlds with faults: <n > 0> additions confirmed, <n > 0> lost with their connection, none counted twice
//    on a real socket: 10 additions confirmed
#include <coil/coil.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;
using coil::net::endpoint;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

// ---- the server: a line with a number adds it, and is answered with the sum

class adder {
public:
    coil::task<> talk(tcp_stream s) {
        try {
            coil::buffered_reader in(s, {.limit = 64});
            auto line = co_await coil::timeout(1h, in.read_line());
            while (line) {
                std::uint64_t number = 0;
                std::from_chars(line->data(), line->data() + line->size(), number);
                sum_ += number;
                const std::string answer = std::to_string(sum_) + "\n";
                co_await s.write(answer);
                line = co_await coil::timeout(1h, in.read_line());
            }
        } catch (const std::system_error&) {
            // a client that vanishes is no matter of the others
        }
    }
    std::uint64_t sum() const { return sum_; }

private:
    std::uint64_t sum_ = 0;
};

// ---- its test

struct outcome {
    std::uint64_t tried = 0, confirmed = 0;  // each addition is a bit of its own, so that the sum tells which are in it
};

coil::task<> client(endpoint to, std::uint64_t bit, outcome& all) {
    all.tried |= bit;
    try {
        tcp_stream s = co_await tcp_stream::connect(to);
        const std::string line = std::to_string(bit) + "\n";
        co_await s.write(line);
        coil::buffered_reader in(s);
        const auto answer = co_await in.read_line();
        if (answer) all.confirmed |= bit;
    } catch (const std::system_error&) {
        // not confirmed
    }
}

constexpr int clients = 10;

coil::task<outcome> scenario() {
    adder server;
    tcp_listener l = tcp_listener::bind(endpoint("127.0.0.1", 0));
    const auto handler = [&](tcp_stream s) { return server.talk(std::move(s)); };
    auto serving = coil::spawn(coil::net::serve(l, handler));
    outcome all;
    co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
        for (int i = 0; i != clients; ++i)
            s.spawn(client(l.local_endpoint(), std::uint64_t{1} << (2 * i), all));  // twice would be another bit
        co_return;
    });
    serving.cancel();
    (void)co_await serving.join_for(24h);
    if ((server.sum() & all.confirmed) != all.confirmed)
        throw std::logic_error("a confirmed addition is not in the sum");
    if ((server.sum() & ~all.tried) != 0) throw std::logic_error("something is in the sum twice");
    co_return all;
}

int bits(std::uint64_t word) {
    return __builtin_popcountll(word);
}

}  // namespace

int main() {
    try {
        constexpr unsigned worlds = 300;
        int confirmed = 0;
        for (std::uint64_t seed = 0; seed != worlds; ++seed)
            confirmed += bits(coil::sim::run(seed, scenario()).confirmed);
        std::printf("%u worlds without faults: %d additions confirmed, all of them in the sum\n", worlds, confirmed);

        const coil::sim::faults bad{.short_reads = 0.3, .short_writes = 0.3, .reset = 0.02, .delays = 0.3};
        confirmed = 0;
        int lost = 0;
        for (std::uint64_t seed = 0; seed != worlds; ++seed) {
            const outcome all = coil::sim::run(seed, scenario(), {.faults = bad});  // a failure tells its seed
            confirmed += bits(all.confirmed);
            lost += bits(all.tried & ~all.confirmed);
        }
        std::printf(
            "%u worlds with faults: %d additions confirmed, %d lost with their connection, none counted twice\n",
            worlds, confirmed, lost);

        std::printf("on a real socket: %d additions confirmed\n", bits(coil::run(scenario()).confirmed));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "tested_server: %s\n", e.what());
        return 1;
    }
}
