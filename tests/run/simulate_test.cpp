// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/simulate.hpp>

#include <coil/runtime/runtime.hpp>

#include "heard.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
using coil::net::tcp_listener;
using coil::net::tcp_stream;
namespace sim = coil::sim;

static_assert(std::is_trivially_destructible_v<sim::options>);

namespace {

const coil::net::endpoint anywhere("127.0.0.1", 0);

// What happened, and when by the virtual clock.
class trace {
public:
    void note(char what, int who) {
        if (start_ == coil::time_point()) start_ = sim::now();
        text_.append(1, what).append(std::to_string(who)).append("@");
        text_.append(std::to_string((sim::now() - start_).count())).append(" ");
    }
    const std::string& text() const { return text_; }

private:
    coil::time_point start_{};
    std::string text_;
};

// ---- an echo server and its clients, as a user writes them

task<> echo(tcp_stream s) {
    std::array<char, 64> buffer;
    for (;;) {
        const std::size_t n = co_await s.read(buffer);
        if (n == 0) break;
        co_await s.write(coil::byte_view(buffer.data(), n));
    }
    co_await s.close();
}

task<> serve(tcp_listener l) {
    for (;;) {
        tcp_stream s = co_await l.accept();
        static_cast<void>(coil::spawn(echo(std::move(s))));
    }
}

task<int> client(coil::net::endpoint to, int id) {
    tcp_stream s = co_await tcp_stream::connect(to);
    int good = 0;
    for (int i = 0; i < 3; ++i) {
        const std::string sent = "client " + std::to_string(id) + " message " + std::to_string(i);
        std::string got(sent.size(), '\0');
        co_await s.write(sent);
        co_await s.read_exactly(got);
        good += got == sent;
    }
    co_await s.shutdown_write();
    std::array<char, 8> rest;
    good += co_await s.read(rest) == 0;
    co_await s.close();
    co_return good;
}

task<int> ten_clients(trace* seen = nullptr) {
    if (seen != nullptr) seen->note('>', 0);
    tcp_listener l = tcp_listener::bind(anywhere);
    const auto at = l.local_endpoint();
    auto server = coil::spawn(serve(std::move(l)), {.daemon = true});
    std::vector<coil::join_handle<int>> clients;
    for (int i = 0; i < 10; ++i)
        clients.push_back(coil::spawn(client(at, i)));
    int good = 0;
    for (int i = 0; i < 10; ++i) {
        good += co_await clients[static_cast<std::size_t>(i)];
        if (seen != nullptr) seen->note('.', i);
    }
    co_return good;
}

}  // namespace

TEST_CASE("simulate: an echo server and ten clients over a thousand seeds") {
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
        REQUIRE(sim::run(seed, ten_clients()) == 40);
}

TEST_CASE("simulate: the same under faults that cost time only") {
    const sim::faults rough{
        .short_reads = 0.3, .short_writes = 0.3, .nothing_yet = 0.2, .delays = 0.3, .full_completions = 0.05};
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
        REQUIRE(sim::run(seed, ten_clients(), {.faults = rough, .buffer = 16}) == 40);
}

TEST_CASE("simulate: the same seed gives the same run, another seed another") {
    const sim::faults rough{.short_reads = 0.3, .delays = 0.5};
    std::set<std::string> traces;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        trace first, second;
        CHECK(sim::run(seed, ten_clients(&first), {.faults = rough}) == 40);
        CHECK(sim::run(seed, ten_clients(&second), {.faults = rough}) == 40);
        CHECK(first.text() == second.text());
        traces.insert(first.text());
    }
    CHECK(traces.size() == 100);
}

// ---- time

TEST_CASE("simulate: the clock jumps when all wait, also on the pool") {
    const auto sleeps = []() -> task<> {
        const coil::time_point start = sim::now();
        co_await coil::sleep_for(24h);
        CHECK(sim::now() == start + 24h);
        co_await coil::on_pool(coil::sleep_for(1h));
        CHECK(sim::now() == start + 25h);
        co_await coil::when_all(coil::sleep_for(1h), coil::sleep_for(2h), coil::on_pool(coil::sleep_for(3h)));
        CHECK(sim::now() == start + 28h);
        const auto timed = co_await coil::as_result(coil::timeout(10min, coil::sleep_for(1h)));
        CHECK_FALSE(timed.has_value());
        CHECK(sim::now() == start + 28h + 10min);
    };
    sim::run(1, sleeps());
    CHECK_THROWS_AS(sim::now(), std::logic_error);
}

// ---- the pool, and calls that block

namespace {

task<int> fibonacci(int n) {
    if (n < 2) co_return n;
    const auto [a, b] = co_await coil::when_all(fibonacci(n - 1), fibonacci(n - 2));
    co_return a + b;
}

task<> works_everywhere(std::thread::id here, trace& seen) {
    const auto is_here = [here] { return std::this_thread::get_id() == here; };
    CHECK(co_await coil::on_pool(is_here));
    CHECK(co_await coil::blocking(is_here));
    CHECK(coil::pool().size() == 3);
    CHECK(co_await coil::on_pool(fibonacci(10)) == 55);

    std::vector<int> numbers(100);
    for (int i = 0; i < 100; ++i)
        numbers[static_cast<std::size_t>(i)] = i;
    const auto add = [](int a, int b) { return a + b; };
    CHECK(co_await coil::parallel_reduce(numbers, 0, add) == 4950);

    std::vector<coil::join_handle<void>> all;
    const auto stepwise = [&seen](int i) -> task<> {
        seen.note('a', i);
        co_await coil::yield();
        seen.note('b', i);
        const auto blocks = [&seen, i] { seen.note('c', i); };
        co_await coil::blocking(blocks);
    };
    for (int i = 0; i < 6; ++i)
        all.push_back(i % 2 == 0 ? coil::spawn(stepwise(i)) : coil::spawn_on(coil::pool(), stepwise(i)));
    for (auto& h : all)
        co_await h;

    co_await coil::resume_on(coil::pool());
    CHECK(coil::pool().here());
    tcp_listener l = tcp_listener::bind(anywhere);
    auto made = co_await coil::when_all(l.accept(), tcp_stream::connect(l.local_endpoint()));
    co_await std::get<1>(made).write("from the pool");
    std::array<char, 13> text;
    co_await std::get<0>(made).read_exactly(text);
    CHECK(std::string(text.data(), 13) == "from the pool");
}

}  // namespace

TEST_CASE("simulate: pool work and blocking calls run on the one thread, in an order of the seed") {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        trace first, second;
        sim::run(seed, works_everywhere(std::this_thread::get_id(), first), {.pool_size = 3});
        sim::run(seed, works_everywhere(std::this_thread::get_id(), second), {.pool_size = 3});
        CHECK(first.text() == second.text());
        orders.insert(first.text());
    }
    CHECK(orders.size() > 40);
}

TEST_CASE("simulate: ready tasks run in more than one order") {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::string order;
        const auto three = [&order]() -> task<> {
            const auto say = [&order](char c) -> task<> {
                order += c;
                co_return;
            };
            auto a = coil::spawn(say('a'));
            auto b = coil::spawn(say('b'));
            co_await say('c');
            co_await a;
            co_await b;
            auto d = coil::spawn(say('d'));
            auto e = coil::spawn(say('e'));
            co_await d;
            co_await e;
        };
        sim::run(seed, three());
        orders.insert(order);
    }
    CHECK(orders == std::set<std::string>{"cabde", "cabed", "cbade", "cbaed"});
}

// ---- errors

namespace {
task<> waits_for_nobody() {
    const auto never_resolved = [](coil::resolver<int> r) { static auto kept = std::move(r); };
    co_await coil::sleep_for(1500ms);
    co_await coil::from_callback<int>(never_resolved);
}
task<> throws_an_int() {
    throw 7;
    co_return;
}
struct environment {
    explicit environment(const char* seed) { ::setenv("COIL_SIM_SEED", seed, 1); }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;
    ~environment() { ::unsetenv("COIL_SIM_SEED"); }
};
}  // namespace

TEST_CASE("simulate: a hang is an exception that says when, and who waits") {
    const heard ears;
    std::string text;
    try {
        sim::run(11, waits_for_nobody(), {.name = "lonely"});
    } catch (const sim::hang& h) {
        text = h.what();
    }
    CHECK(text.find("1.500000000 s of virtual time") != text.npos);
    CHECK(text.find("\"lonely\", waits for ") != text.npos);
    CHECK(text.find("simulate_test.cpp:") != text.npos);
}

TEST_CASE("simulate: what main throws comes out as it is, and the seed goes to the log") {
    const heard ears;
    CHECK_THROWS_AS(sim::run(12345, throws_an_int()), int);
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0] == "simulation failed with seed 12345; COIL_SIM_SEED=12345 replays it");
}

TEST_CASE("simulate: the environment overrides the seed") {
    const heard ears;
    const environment seed("18446744073709551615");
    CHECK_THROWS_AS(sim::run(1, throws_an_int()), int);
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0].find("COIL_SIM_SEED=18446744073709551615 ") != std::string::npos);
    for (const char* wrong : {"x", "-1", "7 ", "18446744073709551616"}) {
        const environment other(wrong);
        CHECK_THROWS_AS(sim::run(1, throws_an_int()), std::invalid_argument);
    }
}

TEST_CASE("simulate: not inside of a run, nor of another simulation") {
    const auto inside = []() -> task<> {
        CHECK_THROWS_AS(sim::run(1, coil::sleep_for(1s)), std::logic_error);
        co_return;
    };
    coil::run(inside());
    sim::run(1, inside());
}

TEST_CASE("simulate: two threads simulate apart, beside a real run") {
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&good] {
            for (std::uint64_t seed = 0; seed < 50; ++seed)
                good += sim::run(seed, ten_clients()) == 40;
        });
    const auto real = []() -> task<> {
        for (int i = 0; i < 100; ++i) {
            const auto seven = [] { return 7; };
            CHECK(co_await coil::on_pool(seven) == 7);
        }
    };
    coil::run(real());
    for (auto& t : threads)
        t.join();
    CHECK(good == 100);
}

// ---- faults

TEST_CASE("simulate: faults that a program may hear of reach it as errors, and nothing hangs or leaks") {
    const heard ears;
    const sim::faults bad{.short_reads = 0.2,
                          .short_writes = 0.2,
                          .interrupted = 0.02,
                          .nothing_yet = 0.1,
                          .reset = 0.01,
                          .no_buffers = 0.01,
                          .no_descriptors = 0.02,
                          .delays = 0.2,
                          .late_cancels = 0.7,
                          .full_completions = 0.05};
    int whole = 0, failed = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        try {
            whole += sim::run(seed, ten_clients(), {.faults = bad}) == 40;
        } catch (const std::system_error&) {
            ++failed;
        }
    }
    CHECK(whole + failed == 1000);
    CHECK(failed > 100);
}

TEST_CASE("simulate: by plan, exactly the operation that is named fails") {
    const sim::planned_fault plan[] = {{.what = sim::kind::connect, .nth = 2, .error = ETIMEDOUT}};
    const heard ears;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::string text;
        try {
            sim::run(seed, ten_clients(), {.plan = plan});
        } catch (const std::system_error& e) {
            text = e.what();
        }
        CHECK(text.find("connect 127.0.0.1:") == 0);
    }
}
