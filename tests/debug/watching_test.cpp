// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime.hpp>
#include <coil/runtime/coro/probe.hpp>
#include <coil/runtime/debug/watching.hpp>

#include "../run/heard.hpp"
#include "json.hpp"
#include "written.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using coil::task;
using coil::debug::variables;
using coil::debug::watching;
using namespace std::chrono_literals;

namespace {

constexpr coil::nanoseconds everything = 1ns, nothing = coil::nanoseconds::max();

std::string at(unsigned line) {
    std::string s = coil::place::current().file_name();
    return s.append(":").append(std::to_string(line));
}

// The lines of the file where it awaits.
unsigned yields_at, sleeps_at;
task<int> three_stints() {
    yields_at = coil::place::current().line() + 1;
    co_await coil::yield();
    sleeps_at = coil::place::current().line() + 1;
    co_await coil::sleep_for(1ms);
    co_return 3;
}
task<> spawns_one() {
    auto h = coil::spawn(three_stints(), {.name = "three"});
    const int got = co_await h;
    CHECK(got == 3);
}

std::vector<std::string> reports_of(const std::string& name) {
    std::vector<std::string> found;
    for (const std::string& line : heard::log())
        if (line.find("\"" + name + "\"") != std::string::npos && line.starts_with("a task kept")) found.push_back(line);
    return found;
}

std::vector<json::value> slices(const std::string& path) {
    std::vector<json::value> found;
    for (json::value& v : json::parse(text_of(path)).items)
        if (v["ph"].text == "X") found.push_back(std::move(v));
    return found;
}

// No two slices of one thread overlap: a viewer would take one for a part of the other.
void check_tracks(const std::string& path) {
    std::map<std::string, std::vector<std::pair<double, double>>> tracks;
    for (const json::value& v : slices(path)) {
        const double begin = std::stod(v["ts"].text);
        tracks[v["tid"].text].emplace_back(begin, begin + std::stod(v["dur"].text));
    }
    for (auto& [thread, all] : tracks) {
        std::sort(all.begin(), all.end());
        for (std::size_t i = 1; i < all.size(); ++i)
            CHECK(all[i].first >= all[i - 1].second - 0.0011);  // of the digits that are left out
    }
}

task<> hops(int rounds) {
    for (int i = 0; i != rounds; ++i) {
        const int computed = co_await coil::on_pool([i] { return i; });
        CHECK(computed == i);
        co_await coil::blocking([] {});
    }
    co_await coil::resume_on(coil::pool());
    co_await coil::yield();
}

task<int> fib(int n) {
    if (n < 2) co_return n;
    auto [a, b] = co_await coil::when_all(fib(n - 1), fib(n - 2));
    co_return a + b;
}
task<> forks() {
    auto h = coil::spawn_on(coil::pool(), fib(12));
    const int got = co_await h;
    CHECK(got == 144);
}

}  // namespace

TEST_CASE("watching: nothing asked for is nothing done") {
    const watching none{variables()};
    CHECK(coil::present_probe.load() == nullptr);
}

TEST_CASE("watching: each stint that is too long is told, with where it began and where it went") {
    const heard ears;
    {
        const watching on({.limit = everything});
        CHECK(coil::present_probe.load() != nullptr);
        coil::run(spawns_one());
    }
    CHECK(coil::present_probe.load() == nullptr);
    const std::vector<std::string> told = reports_of("three");
    REQUIRE(told.size() == 3);
    CHECK(told[0].ends_with(", from its beginning to the one at " + at(yields_at)));
    CHECK(told[1].ends_with(", from its await at " + at(yields_at) + " to the one at " + at(sleeps_at)));
    CHECK(told[2].ends_with(", from its await at " + at(sleeps_at) + " to its end: done"));
    const std::size_t before = heard::log().size();
    coil::run(spawns_one());
    CHECK(heard::log().size() == before);
}

TEST_CASE("watching: what is not too long is not told; several are as the first") {
    const heard ears;
    const watching on({.limit = nothing});
    const watching second({.limit = everything});
    coil::run(spawns_one());
    coil::run(hops(3));
    CHECK(heard::log().empty());
}

TEST_CASE("watching: the pool may be kept busy, and a thread may block that is there for it") {
    const heard ears;
    {
        const watching on({.limit = everything});
        coil::run([]() -> task<> { co_await coil::on_pool([] { std::this_thread::sleep_for(1us); }); }());
        auto on_the_pool = []() -> task<> {
            auto h = coil::spawn_on(coil::pool(), three_stints(), {.name = "pooled"});
            co_await h;
        };
        coil::run(on_the_pool());
    }
    CHECK(reports_of("pooled").empty());
    for (const std::string& line : heard::log())
        CHECK(line.find("thread main") != std::string::npos);
}

namespace {
std::atomic<int> stalls_heard{0};
task<> waits_until_it_is_missed() {
    while (stalls_heard == 0) std::this_thread::yield();
    co_return;
}
}  // namespace

TEST_CASE("watching: a task that does not come back is told while it does not") {
    stalls_heard = 0;
    static std::atomic<int> late_heard{0};
    late_heard = 0;
    const coil::log_hook before = coil::set_log_hook([](std::string_view line) noexcept {
        if (line.starts_with("a task has not come back") && line.find("\"stuck\"") != line.npos) ++stalls_heard;
        if (line.starts_with("a task kept") && line.find("\"stuck\"") != line.npos) ++late_heard;
    });
    {
        const watching on({.limit = 1ms});
        coil::run(waits_until_it_is_missed(), {.name = "stuck"});
    }
    coil::set_log_hook(before);
    CHECK(stalls_heard == 1);
    CHECK(late_heard == 1);
}

TEST_CASE("watching: a call that keeps a loop is told") {
    const heard ears;
    const watching on({.limit = everything});
    coil::run([]() -> task<> {
        coil::loop& here = *static_cast<coil::loop*>(coil::this_thread.here);
        here.post([] {});
        co_await coil::yield();
        co_await coil::yield();
    }());
    const auto all = heard::log();
    CHECK(std::count_if(all.begin(), all.end(), [](auto& l) { return l.starts_with("a call kept its loop for "); }) == 1);
}

TEST_CASE("watching: who looks on changes no order") {
    const auto order = [] {
        std::string said;
        auto speaker = [&said](char c) -> task<> {
            for (int i = 0; i != 50; ++i) {
                said.push_back(c);
                co_await coil::yield();
            }
        };
        auto several = [&]() -> task<> {
            auto a = coil::spawn(speaker('a'));
            auto b = coil::spawn(speaker('b'));
            co_await speaker('m');
            co_await a;
            co_await b;
        };
        coil::run(several());
        return said;
    };
    const std::string alone = order();
    const watching on({.limit = nothing});
    CHECK(order() == alone);
}

TEST_CASE("watching: a trace has a slice for each stint, on the track of its thread") {
    const folder_for_traces folder;
    const std::string path = folder / "trace.json";
    {
        const watching on({.trace = path});
        coil::run(spawns_one());
        coil::run(hops(5));
    }
    std::vector<json::value> ways;
    std::set<std::string> threads;
    int calls = 0;
    for (const json::value& v : slices(path)) {
        threads.insert(v["tid"].text);
        calls += v["cat"].text == "call" && v["args"]["id"].text != "0";
        if (v["name"].text != "three") continue;
        ways.push_back(v["args"]);
    }
    // of a long path the trace has the end
    const auto same = [](const std::string& way, const std::string& wanted) { return wanted.ends_with(way); };
    REQUIRE(ways.size() == 3);
    CHECK_FALSE(ways[0].has("from"));
    CHECK(same(ways[0]["to"].text, at(yields_at)));
    CHECK(same(ways[1]["from"].text, at(yields_at)));
    CHECK(same(ways[1]["to"].text, at(sleeps_at)));
    CHECK(same(ways[2]["from"].text, at(sleeps_at)));
    CHECK(ways[2]["end"].text == "done");
    CHECK(calls == 10);
    CHECK(threads.size() >= 3);  // main, one of the pool, one that may block
    std::set<std::string> named;
    for (const json::value& v : json::parse(text_of(path)).items)
        if (v["name"].text == "thread_name") named.insert(v["tid"].text);
    for (const std::string& t : threads) CHECK(named.count(t) == 1);
    check_tracks(path);
}

TEST_CASE("watching: a trace of forks on the pool, larger than a thread's piece of it, is whole") {
    const folder_for_traces folder;
    const std::string path = folder / "trace.json";
    {
        const watching on({.trace = path});
        coil::run(forks());
        coil::run([]() -> task<> {
            for (int i = 0; i != 2'000; ++i) co_await coil::yield();
        }());
    }
    CHECK(slices(path).size() > 2'000);
    check_tracks(path);
}

TEST_CASE("watching: a run that ends by an exception leaves its trace whole") {
    const folder_for_traces folder;
    const std::string path = folder / "trace.json";
    {
        const watching on({.trace = path});
        auto fails = []() -> task<> {
            co_await coil::yield();
            throw std::runtime_error("out");
        };
        CHECK_THROWS_AS(coil::run(fails()), std::runtime_error);
    }
    const auto all = slices(path);
    REQUIRE(all.size() == 2);
    CHECK(all[1]["args"]["end"].text == "failed");
}

TEST_CASE("watching: a simulation is left alone") {
    const folder_for_traces folder;
    const heard ears;
    {
        const watching on({.limit = everything, .trace = folder / "trace.json"});
        coil::sim::run(1, spawns_one());
    }
    CHECK(slices(folder / "trace.json").empty());
    CHECK(heard::log().empty());
}

TEST_CASE("watching: begins and ends while others run") {
    std::atomic<bool> over{false};
    std::thread others([&] {
        while (!over) coil::run(hops(2));
    });
    const folder_for_traces folder;
    const heard ears;
    for (int i = 0; i != 20; ++i) {
        const watching on({.limit = nothing, .trace = folder / ("t" + std::to_string(i % 2))});
        coil::run(forks());
    }
    over = true;
    others.join();
    check_tracks(folder / "t0");
    check_tracks(folder / "t1");
    CHECK(heard::log().empty());
}
