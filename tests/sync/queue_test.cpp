// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/queue.hpp>

#include "../coro/by_hand.hpp"
#include "said.hpp"

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using coil::queue;
using coil::task;
using namespace std::chrono_literals;

task<> gets(queue<int>& q, std::vector<int>& got) {
    const std::optional<int> v = co_await q.get();
    got.push_back(v.value_or(-1));
}
task<> gets_all(queue<int>& q, std::vector<int>& got) {
    while (const std::optional<int> v = co_await q.get()) {
        got.push_back(*v);
        q.task_done();
    }
}
task<> puts(queue<int>& q, int v) {
    co_await q.put(v);
}

TEST_CASE("queue: first in, first out, without a limit and with one") {
    queue<int> q;
    for (int i = 0; i != 100; ++i) CHECK(q.try_put(i));
    CHECK(q.size() == 100);
    CHECK_FALSE(q.full());
    for (int i = 0; i != 100; ++i) CHECK(q.try_get() == i);
    CHECK(q.empty());
    CHECK_FALSE(q.try_get().has_value());
    queue<int> small{2};
    CHECK(small.maxsize() == 2);
    CHECK(small.try_put(1));
    CHECK(small.try_put(2));
    CHECK(small.full());
    CHECK_FALSE(small.try_put(3));
    CHECK(small.try_get() == 1);
    CHECK(small.try_put(4));
    CHECK(small.try_get() == 2);
    CHECK(small.try_get() == 4);
}

TEST_CASE("queue: a negative limit is refused") {
    CHECK_THROWS_AS(queue<int>{-1}, std::invalid_argument);
    queue<int> zero{0};  // as Python's: no limit
    CHECK(zero.maxsize() == 0);
}

TEST_CASE("queue: a put that is awaited twice is refused at its line") {
    queue<int> q;
    auto twice = [&]() -> task<> {
        auto put = q.put(1);
        co_await put;
        co_await put;
    };
    CHECK_THROWS_WITH_AS(run_by_hand(twice()), doctest::Contains("queue_test.cpp:"), std::logic_error);
    CHECK(q.size() == 1);
}

TEST_CASE("queue: getters are served in their order, each at its home and never inside a put") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    std::vector<int> got;
    spawned a(home, owner, gets(q, got)), b(home, owner, gets(q, got)), c(home, owner, gets(q, got));
    a.start(), b.start(), c.start();
    home.drain();
    CHECK(q.statistics().getters == 3);
    for (const int v : {1, 2, 3, 4}) CHECK(q.try_put(v));
    CHECK(got.empty());  // nobody was resumed inside try_put
    CHECK(q.size() == 1);
    home.drain();
    CHECK(got == std::vector{1, 2, 3});
    CHECK(q.statistics().hand_overs == 3);
}

TEST_CASE("queue: putters wait in their order while it is full") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q{1};
    spawned a(home, owner, puts(q, 1)), b(home, owner, puts(q, 2)), c(home, owner, puts(q, 3));
    a.start(), b.start(), c.start();
    home.drain();
    CHECK(a->ended());
    CHECK(q.statistics().putters == 2);
    CHECK(q.try_get() == 1);
    CHECK(q.size() == 1);  // the place has gone to the first in line at once
    CHECK_FALSE(b->ended());
    CHECK_FALSE(q.try_put(9));  // nobody overtakes those who wait
    CHECK(q.try_get() == 2);
    CHECK(q.try_get() == 3);
    home.drain();
    CHECK(b->state() == coil::task_state::done);
    CHECK(c->state() == coil::task_state::done);
}

TEST_CASE("queue: an item that was handed to a getter is its own, though it is stopped before it runs") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    std::vector<int> got;
    spawned a(home, owner, gets(q, got));
    a.start();
    home.drain();
    CHECK(q.try_put(7));
    a->cancel("too late");
    home.drain();
    CHECK(got == std::vector{7});  // what has taken effect is returned
    CHECK(q.empty());
}

TEST_CASE("queue: a getter that is stopped has got nothing, and the next in line gets the item") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    std::vector<int> got;
    spawned a(home, owner, gets(q, got)), b(home, owner, gets(q, got));
    a.start(), b.start();
    home.drain();
    a->cancel("now");
    home.drain();
    CHECK(a->state() == coil::task_state::cancelled);
    CHECK(q.try_put(1));
    CHECK(q.try_put(2));
    home.drain();
    CHECK(got == std::vector{1});
    CHECK(q.try_get() == 2);
}

TEST_CASE("queue: what is stopped before takes nothing though it is there, and puts nothing though there is room") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    CHECK(q.try_put(1));
    bool went_on = false;
    auto body = [&](bool put) -> task<> {
        coil::this_thread.current->root->cancel("by itself");
        if (put) co_await q.put(2);
        else co_await q.get();
        went_on = true;
    };
    for (const bool put : {false, true}) {
        spawned h(home, owner, body(put));
        h.start();
        home.drain();
        CHECK(h->state() == coil::task_state::cancelled);
    }
    CHECK_FALSE(went_on);
    CHECK(q.size() == 1);
}

TEST_CASE("queue: a put that is stopped while it waits has not put, and its item dies with it") {
    coil::manual_executor home;
    noting_owner owner;
    const auto item = std::make_shared<int>(5);
    queue<std::shared_ptr<int>> q{1};
    CHECK(q.try_put(nullptr));
    auto body = [](queue<std::shared_ptr<int>>& to, std::shared_ptr<int> p) -> task<> { co_await to.put(std::move(p)); };
    {
        spawned h(home, owner, body(q, item));
        h.start();
        home.drain();
        CHECK(q.statistics().putters == 1);
        h->cancel("no");
        home.drain();
        CHECK(h->state() == coil::task_state::cancelled);
    }
    CHECK(item.use_count() == 1);
    CHECK(q.statistics().putters == 0);
    CHECK(q.size() == 1);
    CHECK(q.statistics().unfinished == 1);
}

TEST_CASE("queue: get_for and put_for give up in time, and lose nothing") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q{1};
    auto gets_for = [&](coil::nanoseconds d) -> task<int> {
        const std::optional<int> v = co_await q.get_for(d);
        co_return v.value_or(-1);
    };
    auto puts_for = [&](int v, coil::nanoseconds d) -> task<bool> {
        const bool in_time = co_await q.put_for(v, d);
        co_return in_time;
    };
    {
        spawned late(home, owner, gets_for(10ms)), in_time(home, owner, gets_for(20ms)), never(home, owner, gets_for(0ms));
        late.start(), in_time.start(), never.start();
        home.drain();
        CHECK(never.take() == -1);
        home.advance(10ms);
        CHECK(late.take() == -1);
        CHECK(q.try_put(3));
        home.advance(10ms);
        CHECK(in_time.take() == 3);
        CHECK(home.timers() == 0);
    }
    CHECK(q.try_put(1));
    spawned late(home, owner, puts_for(2, 10ms)), in_time(home, owner, puts_for(3, 20ms));
    late.start(), in_time.start();
    home.drain();
    home.advance(10ms);
    CHECK_FALSE(late.take());
    CHECK(q.try_get() == 1);
    home.drain();
    CHECK(in_time.take());
    CHECK(q.try_get() == 3);
    CHECK(home.timers() == 0);
}

TEST_CASE("queue: once closed it is drained, and then yields nothing; waiting getters are told") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    std::vector<int> got;
    CHECK(q.try_put(1));
    CHECK(q.try_put(2));
    q.close();
    q.close();
    CHECK(q.closed());
    CHECK(q.try_get() == 1);
    spawned a(home, owner, gets_all(q, got));
    a.start();
    home.drain();
    CHECK(got == std::vector{2});
    CHECK(a->state() == coil::task_state::done);
    queue<int> other;
    std::vector<int> nothing;
    spawned b(home, owner, gets(other, nothing)), c(home, owner, gets(other, nothing));
    b.start(), c.start();
    home.drain();
    other.close();
    CHECK(nothing.empty());
    home.drain();
    CHECK(nothing == std::vector{-1, -1});
}

TEST_CASE("queue: a put to a closed queue is reported at its line, also one that waited") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q{1};
    CHECK(q.try_put(1));
    spawned h(home, owner, puts(q, 2));
    h.start();
    home.drain();
    q.close();
    home.drain();
    CHECK(said([&] { h.take(); }).find("queue_test.cpp") != std::string::npos);
    CHECK(said([&] { (void)q.try_put(3); }).find("put to a closed queue") != std::string::npos);
    CHECK_THROWS_AS(q.put_blocking(3), std::logic_error);
    CHECK_THROWS_AS(run_by_hand(puts(q, 4)), std::logic_error);
    CHECK(q.try_get() == 1);
    CHECK_FALSE(q.try_get().has_value());
}

TEST_CASE("queue: join ends when the work on every item is done, and task_done too often is reported at its line") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    auto joins = [&]() -> task<> { co_await q.join(); };
    run_by_hand(joins());  // no item: nothing to wait for
    CHECK(q.try_put(1));
    CHECK(q.try_put(2));
    spawned a(home, owner, joins()), b(home, owner, joins());
    a.start(), b.start();
    home.drain();
    (void)q.try_get();
    (void)q.try_get();
    q.task_done();
    home.drain();
    CHECK_FALSE(a->ended());
    q.task_done();
    home.drain();
    CHECK(a->ended());
    CHECK(b->ended());
    q.join_blocking();
    const std::string text = said([&] { q.task_done(); });
    CHECK(text.find("queue_test.cpp:") != std::string::npos);
    CHECK(text.find("task_done was called more often") != std::string::npos);
}

TEST_CASE("queue: a join that is stopped ends, and the work goes on") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    CHECK(q.try_put(1));
    auto joins = [&]() -> task<> { co_await q.join(); };
    spawned h(home, owner, joins());
    h.start();
    home.drain();
    h->cancel("enough");
    home.drain();
    CHECK(h->state() == coil::task_state::cancelled);
    q.task_done();
}

TEST_CASE("queue: drain takes all that lies in it, in order, and lets waiting putters put") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q{2};
    CHECK(q.try_put(1));
    CHECK(q.try_put(2));
    spawned a(home, owner, puts(q, 3)), b(home, owner, puts(q, 4)), c(home, owner, puts(q, 5));
    a.start(), b.start(), c.start();
    home.drain();
    CHECK(q.drain() == std::vector{1, 2});
    home.drain();
    CHECK(a->ended());
    CHECK(b->ended());
    CHECK_FALSE(c->ended());
    CHECK(q.drain() == std::vector{3, 4});
    home.drain();
    CHECK(c->ended());
    CHECK(q.drain() == std::vector{5});
    CHECK(q.drain().empty());
}

TEST_CASE("queue: a ring that has grown while it was wrapped keeps its order, and every item dies once") {
    const auto item = std::make_shared<int>(1);
    {
        queue<std::pair<int, std::shared_ptr<int>>> q;
        int in = 0, out = 0;
        for (int round = 0; round != 200; ++round) {
            for (int i = 0; i != 3; ++i) CHECK(q.try_put({in++, item}));
            for (int i = 0; i != 2; ++i) CHECK(q.try_get()->first == out++);
        }
        CHECK(q.size() == 200);
        CHECK(item.use_count() == 201);
    }
    CHECK(item.use_count() == 1);
}

TEST_CASE("queue: a plain thread waits in the same line, asleep, on either side") {
    queue<int> q{1};
    std::vector<int> got;
    std::thread consumer([&] {
        while (const std::optional<int> v = q.get_blocking()) {
            got.push_back(*v);
            q.task_done();
        }
    });
    for (int i = 0; i != 500; ++i) q.put_blocking(i);
    q.join_blocking();
    q.close();
    consumer.join();
    REQUIRE(got.size() == 500);
    for (int i = 0; i != 500; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("queue: a blocking call on a thread that runs tasks succeeds at once or is refused") {
    queue<int> q{1};
    auto body = [&]() -> task<bool> {
        q.put_blocking(1);
        bool refused = false;
        try {
            q.put_blocking(2);
        } catch (const std::system_error& e) {
            refused = e.code() == std::errc::resource_deadlock_would_occur;
        }
        co_return refused && q.get_blocking() == 1;
    };
    CHECK(run_by_hand(body()));
}

TEST_CASE("queue: between threads no item is lost or doubled, and each producer's items stay in order") {
    for (const int limit : {0, 1, 7, 100}) {
        constexpr int each = 2000;
        queue<int> q{limit};
        std::vector<int> got[2];
        std::thread producers[2], consumers[2];
        for (int p = 0; p != 2; ++p)
            producers[p] = std::thread([&, p] {
                for (int i = 0; i != each; ++i) q.put_blocking(2 * i + p);
            });
        for (int c = 0; c != 2; ++c)
            consumers[c] = std::thread([&, c] {
                while (const std::optional<int> v = q.get_blocking()) got[c].push_back(*v);
            });
        for (std::thread& t : producers) t.join();
        q.close();
        for (std::thread& t : consumers) t.join();
        CHECK(got[0].size() + got[1].size() == 2 * each);
        std::vector<char> seen(2 * each, 0);
        for (const std::vector<int>& mine : got) {
            int last[2] = {-1, -1};
            bool in_order = true;
            for (const int v : mine) {
                in_order = in_order && v > last[v % 2];
                last[v % 2] = v;
                ++seen[static_cast<std::size_t>(v)];
            }
            CHECK(in_order);
        }
        CHECK(std::count(seen.begin(), seen.end(), 1) == 2 * each);
    }
}

TEST_CASE("queue: destroyed while somebody waits, it says so, and the waits end with an error") {
    coil::manual_executor home;
    noting_owner owner;
    const said_to_log log;
    auto q = std::make_unique<queue<int>>();
    std::vector<int> got;
    spawned h(home, owner, gets(*q, got));
    h.start();
    home.drain();
    q.reset();
    home.drain();
    CHECK(said([&] { h.take(); }).find("was destroyed") != std::string::npos);
    REQUIRE(said_to_log::lines().size() == 1);
    CHECK(said_to_log::lines()[0].find("queue") != std::string::npos);
}

TEST_CASE("queue: statistics tell who waits, what was handed over and the most there was") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q{3};
    for (int i = 0; i != 3; ++i) CHECK(q.try_put(i));
    spawned a(home, owner, puts(q, 3)), b(home, owner, puts(q, 4));
    a.start(), b.start();
    home.drain();
    (void)q.try_get();
    home.drain();
    const coil::queue_statistics s = q.statistics();
    CHECK(s.waiters == 1);
    CHECK(s.putters == 1);
    CHECK(s.getters == 0);
    CHECK(s.hand_overs == 1);
    CHECK(s.longest_queue == 2);
    CHECK(s.puts == 4);
    CHECK(s.most_items == 3);
    CHECK(s.unfinished == 4);
    (void)q.drain();
    home.drain();
}

TEST_CASE("queue: the most there was is exact, though a put need not know how much was got") {
    queue<int> q;
    const auto put = [&](int n) {
        for (int i = 0; i != n; ++i) CHECK(q.try_put(i));
    };
    const auto get = [&](int n) {
        for (int i = 0; i != n; ++i) CHECK(q.try_get().has_value());
    };
    put(3), get(2), put(2);
    CHECK(q.statistics().most_items == 3);
    put(1);
    CHECK(q.statistics().most_items == 4);
    get(4), put(4);
    CHECK(q.statistics().most_items == 4);
    get(1), put(3);
    CHECK(q.statistics().most_items == 6);
    CHECK(q.statistics().puts == 13);
}

}  // namespace
