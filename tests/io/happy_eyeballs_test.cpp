// SPDX-License-Identifier: BSL-1.0
// Which address is tried when, by a clock that is moved by hand.
#include <coil/runtime/io/happy_eyeballs.hpp>

#include "../async/by_hand.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
using coil::net::connect_first;
using coil::net::endpoint;
using coil::net::interleaved;
using coil::net::tcp_stream;

namespace {

const endpoint six_a("2001:db8::1", 80), six_b("2001:db8::2", 80), six_c("2001:db8::3", 80);
const endpoint four_a("192.0.2.1", 80), four_b("192.0.2.2", 80);

// What an address does, and when.
struct manner {
    coil::nanoseconds after{0};
    bool refuses = false;
};

// Connects to nobody, in the time that it is told.
struct network {
    explicit network(by_hand::world& w) : world(w) {}
    task<tcp_stream> attempt(const endpoint& to) {
        begun.emplace_back(to, world.exec.now() - start);
        ++running;
        try {
            co_await coil::sleep_for(manners.at(to).after);
        } catch (const coil::cancelled&) {
            --running;
            stopped.push_back(to);
            throw;
        }
        --running;
        if (manners.at(to).refuses) throw std::system_error(ECONNREFUSED, std::system_category(), "connect");
        co_return tcp_stream(coil::ring::descriptor(), to);
    }
    std::function<task<tcp_stream>(const endpoint&)> function() {
        return [this](const endpoint& to) { return attempt(to); };
    }

    by_hand::world& world;
    coil::time_point start = world.exec.now();
    std::map<endpoint, manner> manners;
    std::vector<std::pair<endpoint, coil::nanoseconds>> begun;
    std::vector<endpoint> stopped;
    int running = 0;
};

using times = std::vector<std::pair<endpoint, coil::nanoseconds>>;

}  // namespace

TEST_CASE("addresses alternate between the families, beginning with the first one's") {
    CHECK(interleaved({six_a, six_b, four_a, four_b}) == std::vector{six_a, four_a, six_b, four_b});
    CHECK(interleaved({four_a, six_a, six_b, six_c}) == std::vector{four_a, six_a, six_b, six_c});
    CHECK(interleaved({six_a, six_b, six_c, four_a}) == std::vector{six_a, four_a, six_b, six_c});
    CHECK(interleaved({four_b, four_a}) == std::vector{four_b, four_a});
    CHECK(interleaved({}).empty());
}

TEST_CASE("an address that answers in time is the only one that is tried") {
    by_hand::world w;
    network n(w);
    n.manners = {{six_a, {249ms}}, {four_a, {0ms}}};
    const auto attempt = n.function();
    auto r = w.run(connect_first({six_a, four_a}, 250ms, "h:80", attempt));
    w.exec.advance(249ms);
    REQUIRE(r->ended);
    CHECK(r->value->peer_endpoint() == six_a);
    CHECK(n.begun == times{{six_a, 0ms}});
    CHECK(w.exec.timers() == 0);
}

TEST_CASE(
    "a silent address lets the next begin after the delay; the first that connects wins, and the other is stopped") {
    by_hand::world w;
    network n(w);
    n.manners = {{six_a, {10s}}, {four_a, {100ms}}, {six_b, {0ms}}};
    const auto attempt = n.function();
    auto r = w.run(connect_first({six_a, four_a, six_b}, 250ms, "h:80", attempt));
    w.exec.advance(349ms);
    CHECK_FALSE(r->ended);
    CHECK(n.running == 2);
    w.exec.advance(1ms);
    REQUIRE(r->ended);
    CHECK(r->value->peer_endpoint() == four_a);
    CHECK(n.begun == times{{six_a, 0ms}, {four_a, 250ms}});
    CHECK(n.stopped == std::vector{six_a});
    CHECK(n.running == 0);
}

TEST_CASE("the first address may still win after others have begun") {
    by_hand::world w;
    network n(w);
    n.manners = {{six_a, {600ms}}, {four_a, {10s}}, {six_b, {10s}}};
    const auto attempt = n.function();
    auto r = w.run(connect_first({six_a, four_a, six_b}, 250ms, "h:80", attempt));
    w.exec.advance(600ms);
    REQUIRE(r->ended);
    CHECK(r->value->peer_endpoint() == six_a);
    CHECK(n.begun == times{{six_a, 0ms}, {four_a, 250ms}, {six_b, 500ms}});
    CHECK(n.stopped.size() == 2);
}

TEST_CASE("a failure lets the next begin at once, also while others are silent") {
    by_hand::world w;
    network n(w);
    n.manners = {{six_a, {10ms, true}}, {four_a, {20ms, true}}, {six_b, {10s}}, {four_b, {100ms}}};
    const auto attempt = n.function();
    auto r = w.run(connect_first({six_a, four_a, six_b, four_b}, 250ms, "h:80", attempt));
    w.exec.advance(30ms);
    CHECK(n.begun == times{{six_a, 0ms}, {four_a, 10ms}, {six_b, 30ms}});
    w.exec.advance(1s);
    REQUIRE(r->ended);
    CHECK(r->value->peer_endpoint() == four_b);
    CHECK(n.begun.back() == times::value_type(four_b, 280ms));

    network m(w);
    m.manners = {{six_a, {300ms, true}}, {four_a, {10s}}, {six_b, {0ms}}};
    const auto second = m.function();
    auto s = w.run(connect_first({six_a, four_a, six_b}, 250ms, "h:80", second));
    w.exec.advance(300ms);
    REQUIRE(s->ended);
    CHECK(m.begun == times{{six_a, 0ms}, {four_a, 250ms}, {six_b, 300ms}});
}

TEST_CASE("when all have failed, the error names the host, each address and the last reason") {
    by_hand::world w;
    network n(w);
    n.manners = {{six_a, {10ms, true}}, {four_a, {10ms, true}}};
    const auto attempt = n.function();
    auto r = w.run(connect_first({six_a, four_a}, 250ms, "example.org:80", attempt));
    w.exec.advance(1s);
    CHECK(r->what() == "connect example.org:80, tried [2001:db8::1]:80 (Connection refused), 192.0.2.1:80 "
                       "(Connection refused): Connection refused");
    CHECK(r->failed_with<std::system_error>());
    auto one = w.run(connect_first({six_a}, 250ms, "example.org:80", attempt));
    w.exec.advance(1s);
    CHECK(one->what() == "connect example.org:80 at [2001:db8::1]:80: Connection refused");
    auto none = w.run(connect_first({}, 250ms, "example.org:80", attempt));
    CHECK(none->what() == "connect example.org:80: Cannot assign requested address");
}

TEST_CASE("a stop reaches every attempt, and waits for it") {
    by_hand::world w;
    network n(w);
    n.manners = {{six_a, {10s}}, {four_a, {10s}}};
    const auto attempt = n.function();
    auto r = w.run(connect_first({six_a, four_a}, 250ms, "h:80", attempt));
    w.exec.advance(300ms);
    CHECK(n.running == 2);
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->what() == "stopped");
    CHECK(n.running == 0);
    CHECK(n.stopped.size() == 2);
    auto before = w.run_stopped(connect_first({six_a}, 250ms, "h:80", attempt));
    CHECK(before->what() != "value");
    CHECK(n.begun.size() == 2);
}
