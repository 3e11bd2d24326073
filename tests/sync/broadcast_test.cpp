// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/broadcast.hpp>

#include "../coro/by_hand.hpp"
#include "said.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using coil::broadcast;
using coil::task;

task<> receives(broadcast<std::string>::receiver& r, std::vector<std::string>& got) {
    while (const std::optional<std::string> v = co_await r.next()) got.push_back(*v);
}

TEST_CASE("broadcast: every receiver gets what is sent after it has subscribed, then the end") {
    coil::manual_executor home;
    noting_owner owner;
    broadcast<std::string> b{4};
    auto first = b.subscribe();
    b.send("one");
    auto second = b.subscribe();
    std::vector<std::string> a, c;
    spawned x(home, owner, receives(first, a)), y(home, owner, receives(second, c));
    x.start(), y.start();
    home.drain();
    CHECK(b.statistics().waiters == 2);
    b.send("two");
    CHECK(c.empty());  // nobody was resumed inside send
    b.send("three");
    home.drain();
    b.close();
    home.drain();
    CHECK(a == std::vector<std::string>{"one", "two", "three"});
    CHECK(c == std::vector<std::string>{"two", "three"});
    CHECK(said([&] { b.send("four"); }).find("closed broadcast") != std::string::npos);
}

TEST_CASE("broadcast: who falls behind is told how much was missed, once, and goes on with the oldest") {
    broadcast<int> b{3};
    auto r = b.subscribe();
    for (int i = 0; i != 3; ++i) b.send(i);
    CHECK(r.try_next() == 0);  // not behind by more than is kept
    for (int i = 3; i != 7; ++i) b.send(i);
    try {
        (void)r.try_next();
        CHECK(false);
    } catch (const coil::lagged& e) {
        CHECK(e.missed() == 3);  // 1, 2, 3
        CHECK(std::string(e.what()).find("missed 3") != std::string::npos);
    }
    CHECK(r.try_next() == 4);
    CHECK(r.try_next() == 5);
    CHECK(r.try_next() == 6);
    CHECK_FALSE(r.try_next().has_value());
}

TEST_CASE("broadcast: a receiver that is stopped misses nothing; a keep of nothing is refused") {
    coil::manual_executor home;
    noting_owner owner;
    CHECK_THROWS_WITH_AS(broadcast<int>{0}, doctest::Contains("broadcast_test.cpp:"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(broadcast<int>{-1}, doctest::Contains("broadcast_test.cpp:"), std::invalid_argument);
    broadcast<std::string> b{2};
    auto r = b.subscribe();
    std::vector<std::string> got;
    {
        spawned h(home, owner, receives(r, got));
        h.start();
        home.drain();
        h->cancel("no");
        home.drain();
        CHECK(h->state() == coil::task_state::cancelled);
    }
    b.send("x");
    CHECK(r.try_next() == "x");
}

TEST_CASE("broadcast: plain threads receive all, or are told what they missed") {
    broadcast<int> b{8};
    std::vector<broadcast<int>::receiver> receivers{b.subscribe(), b.subscribe()};
    std::uint64_t seen[2] = {0, 0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != 2; ++i)
        threads.emplace_back([&, i] {
            int last = -1;
            for (;;) {
                try {
                    const std::optional<int> v = receivers[i].next_blocking();
                    if (!v) return;
                    if (*v <= last) std::abort();
                    last = *v;
                    ++seen[i];
                } catch (const coil::lagged& e) {
                    seen[i] += e.missed();
                }
            }
        });
    for (int i = 0; i != 3000; ++i) b.send(i);
    b.close();
    for (std::thread& t : threads) t.join();
    CHECK(seen[0] == 3000);
    CHECK(seen[1] == 3000);
}

}  // namespace
