// SPDX-License-Identifier: BSL-1.0
// Concurrency or parallelism? Counts primes, which computes, and fetches slow responses, which waits: each one by one,
// on the loop, on the pool, and with threads. Waiting wants the loop, and needs no threads; computing wants the pool.
//
// Run it: build/examples/which_of_these [PRIMES_BELOW RESPONSES]
// It prints, with your machine's times
//                primes below 200000        20 slow responses
//    one by one  17984      <n> ms              1 at once <n> ms
//    loop        17984      <n> ms        <n > 1> at once <n> ms
//    pool        17984      <n> ms        <n > 1> at once <n> ms
//    threads     17984      <n> ms        <n > 1> at once <n> ms
#include <coil/coil.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using coil::task;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

// Answers each request after 20 ms, and notes how many it had at once.
struct slow_server {
    tcp_listener listener = tcp_listener::bind(coil::net::endpoint("127.0.0.1", 0));
    int present = 0, most = 0;

    task<> answer(tcp_stream s) {
        char request = 0;
        if (co_await s.read(coil::byte_span(&request, 1)) == 0) co_return;
        most = std::max(most, ++present);
        co_await coil::sleep_for(std::chrono::milliseconds(20));
        --present;
        co_await s.write("1");
    }
    task<> serve() {
        co_await coil::with_scope([this](coil::scope& requests) -> task<> {
            for (;;) {
                tcp_stream s = co_await listener.accept();
                requests.spawn(answer(std::move(s)));
            }
        });
    }
};

constexpr int pieces = 50;
task<int> primes(int piece, int below) {
    const auto limit = [below](long p) { return static_cast<int>(std::max(2L, p * below / pieces)); };
    int count = 0;
    for (int n = limit(piece); n < limit(piece + 1); ++n) {
        bool prime = true;
        for (int d = 2; prime && d <= n / d; ++d)
            prime = n % d != 0;
        count += prime;
    }
    co_return count;
}

task<int> response(coil::net::endpoint server) {
    tcp_stream s = co_await tcp_stream::connect(server);
    co_await s.write("?");
    char c = 0;
    co_await s.read_exactly(coil::byte_span(&c, 1));
    co_return c - '0';
}

int sum(const std::vector<int>& xs) {
    return std::accumulate(xs.begin(), xs.end(), 0);
}

// The four ways, each for any work: make(i) makes the task of item i, out of n.
using maker = std::function<task<int>(int)>;
task<int> one_by_one(int n, const maker& make) {
    int total = 0;
    for (int i = 0; i != n; ++i)
        total += co_await make(i);
    co_return total;
}
task<int> on_the_loop(int n, const maker& make) {
    std::vector<task<int>> all;
    for (int i = 0; i != n; ++i)
        all.push_back(make(i));
    co_return sum(co_await coil::when_all(std::move(all)));
}
task<int> on_the_pool(int n, const maker& make) {
    co_return co_await coil::on_pool(on_the_loop(n, make));
}
task<int> with_threads(int n, const maker& make) {
    co_return co_await coil::blocking([&] {  // so that this thread can go on serving
        std::vector<std::future<int>> all;
        for (int i = 0; i != n; ++i)
            all.push_back(std::async(std::launch::async, [&, i] { return coil::run(make(i)); }));
        int total = 0;
        for (auto& f : all)
            total += f.get();
        return total;
    });
}

task<double> milliseconds(task<int> work, int& result) {
    const auto begin = std::chrono::steady_clock::now();
    result = co_await std::move(work);
    co_return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

task<> amain(slow_server& server, int below, int responses) {
    const auto at = server.listener.local_endpoint();
    (void)coil::spawn(server.serve(), {.daemon = true});
    const maker computes = [&](int i) { return primes(i, below); };
    const maker waits = [&](int) { return response(at); };
    std::printf("%30s %-9d %10d slow responses\n", "primes below", below, responses);
    struct {
        const char* name;
        task<int> (*go)(int, const maker&);
    } const ways[] = {
        {"one by one", &one_by_one}, {"loop", &on_the_loop}, {"pool", &on_the_pool}, {"threads", &with_threads}};
    for (const auto& way : ways) {
        int count = 0, answered = 0;
        server.most = 0;
        const double computed = co_await milliseconds(way.go(pieces, computes), count);
        const double waited = co_await milliseconds(way.go(responses, waits), answered);
        if (answered != responses) throw std::runtime_error("a response was lost");
        std::printf("%-12s %12d %10.1f ms %10d at once %10.1f ms\n", way.name, count, computed, server.most, waited);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int below = argc > 1 ? std::atoi(argv[1]) : 200'000, responses = argc > 2 ? std::atoi(argv[2]) : 20;
    try {
        slow_server server;  // outside of the run, so that it outlives every task
        coil::run(amain(server, below, responses));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "which_of_these: %s\n", e.what());
        return 1;
    }
}
