// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager.hpp>

#include <coil/process/pool.hpp>
#include <coil/process/start.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include "workers.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
namespace process = coil::process;

namespace {

task<> adds_to(process::managed_list<int> list, int first, int count) {
    for (int i = 0; i < count; ++i) co_await list.push_back(first + i);
}
task<int> adds_one(process::managed_dict<std::string, int> dict, process::managed_lock lock) {
    co_await lock.acquire();
    const auto n = co_await dict.get("n");
    co_await dict.set("n", n.value_or(0) + 1);
    co_await lock.release();
    co_return 0;
}
task<> holds_for_ever(process::managed_lock lock, process::managed_value<bool> held) {
    co_await lock.acquire();
    co_await held.set(true);
    for (;;) co_await coil::sleep_for(1h);
}
template <class E, class F>
task<bool> throws(F f) {
    bool thrown = false;
    try {
        co_await f();
    } catch (const E&) {
        thrown = true;
    }
    co_return thrown;
}

}  // namespace

TEST_CASE("manager: lists, dictionaries, values and namespaces") {
    coil::run([]() -> task<> {
        process::manager m;
        auto list = co_await m.list<int>("xs");
        co_await list.push_back(3);
        co_await list.push_back(4);
        co_await list.insert(0, 2);
        co_await list.set(2, 5);
        const auto all = co_await list.all();
        CHECK(all == std::vector<int>{2, 3, 5});
        const int one = co_await list.at(1);
        CHECK(one == 3);
        const int last = co_await list.pop_back();
        CHECK(last == 5);
        co_await list.erase(0);
        const auto size = co_await list.size();
        CHECK(size == 1);
        auto same = co_await m.list<int>("xs");
        const int seen = co_await same.at(0);
        CHECK(seen == 3);

        auto dict = co_await m.dict<std::string, int>("ages");
        co_await dict.set("ann", 3);
        const auto ann = co_await dict.get("ann");
        CHECK(ann == 3);
        const auto bob = co_await dict.get("bob");
        CHECK(!bob.has_value());
        const bool erased = co_await dict.erase("ann");
        CHECK(erased);
        const bool there = co_await dict.contains("ann");
        CHECK(!there);

        auto value = co_await m.value<std::string>("v");
        const auto unset = co_await value.get();
        CHECK(!unset.has_value());
        co_await value.set("one");
        const auto before = co_await value.exchange("two");
        CHECK(before == "one");

        auto names = co_await m.name_space("globals");
        co_await names.set<int>("x", 5);
        co_await names.set<std::string>("y", "text");
        const auto x = co_await names.get<int>("x");
        CHECK(x == 5);
        const auto y = co_await names.get<std::string>("y");
        CHECK(y == "text");
    }());
}

TEST_CASE("manager: errors are those of the object, as they would be here") {
    coil::run([]() -> task<> {
        process::manager m;
        auto list = co_await m.list<int>("xs");
        auto beyond = [&]() -> task<> { co_await list.at(5); };
        const bool out_of_range = co_await throws<std::out_of_range>(beyond);
        CHECK(out_of_range);
        auto other_kind = [&]() -> task<> { auto d = co_await m.dict<int, int>("xs"); };
        const bool invalid = co_await throws<std::invalid_argument>(other_kind);
        CHECK(invalid);
        auto lock = co_await m.lock("l");
        auto stranger = [&]() -> task<> { co_await lock.release(); };
        const bool misused = co_await throws<std::logic_error>(stranger);
        CHECK(misused);
        co_await list.push_back(1);
        const auto size = co_await list.size();
        CHECK(size == 1);
    }());
}

TEST_CASE("manager: proxies are passed to workers, of start and of pools") {
    coil::run([]() -> task<> {
        process::manager m;
        auto list = co_await m.list<int>("xs");
        std::vector<process::worker> all;
        for (int i = 0; i < 3; ++i) {
            auto mine = co_await m.list<int>("xs");
            all.push_back(co_await process::start<&adds_to>(std::move(mine), 10 * i, 10));
        }
        for (auto& w : all) {
            const auto end = co_await w.join();
            CHECK(end.success());
        }
        auto xs = co_await list.all();
        std::ranges::sort(xs);
        std::vector<int> expected(30);
        std::iota(expected.begin(), expected.end(), 0);
        CHECK(xs == expected);

        process::pool pool{2};
        std::vector<coil::join_handle<int>> calls;
        for (int i = 0; i < 20; ++i) {
            auto d = co_await m.dict<std::string, int>("d");
            auto l = co_await m.lock("l");
            calls.push_back(coil::spawn(pool.call<&adds_one>(std::move(d), std::move(l))));
        }
        for (auto& c : calls) co_await c;
        auto d = co_await m.dict<std::string, int>("d");
        const auto n = co_await d.get("n");
        CHECK(n == 20);
    }());
}

TEST_CASE("manager: a queue waits for room and for elements; what a stopped get had been given goes back") {
    coil::run([]() -> task<> {
        process::manager m;
        auto q = co_await m.queue<int>("q", 2);
        auto other = co_await m.queue<int>("q");
        co_await q.put(1);
        co_await q.put(2);
        const bool full = co_await q.try_put(3);
        CHECK(!full);
        auto waits = coil::spawn([](process::managed_queue<int>& to) -> task<> { co_await to.put(3); }(other));
        for (int i = 1; i <= 3; ++i) {
            const int x = co_await q.get();
            CHECK(x == i);
        }
        co_await waits;
        const auto none = co_await q.try_get();
        CHECK(!none.has_value());
        for (int round = 0; round < 20; ++round) {
            auto getter = coil::spawn([](process::managed_queue<int>& from) -> task<int> { co_return co_await from.get(); }(other));
            for (int i = 0; i < round; ++i) co_await coil::yield();
            co_await q.put(round);
            for (int i = 0; i < round % 5; ++i) co_await coil::yield();
            getter.cancel();
            int got = -1;
            try {
                got = co_await getter;
            } catch (const coil::cancelled&) {
            }
            if (got == -1) got = co_await q.get();
            CHECK(got == round);
        }
    }());
}

TEST_CASE("manager: a lock is taken in turn, and given back by the death of who holds it") {
    coil::run([]() -> task<> {
        process::manager m;
        auto lock = co_await m.lock("l");
        auto held = co_await m.value<bool>("held");
        auto theirs = co_await m.lock("l");
        auto sign = co_await m.value<bool>("held");
        auto w = co_await process::start<&holds_for_ever>(std::move(theirs), std::move(sign));
        for (int i = 0; i < 10'000; ++i) {
            const auto h = co_await held.get();
            if (h.has_value()) break;
            co_await coil::sleep_for(1ms);
        }
        const bool free = co_await lock.try_acquire();
        CHECK(!free);
        auto waits = coil::spawn([](process::managed_lock& l) -> task<> { co_await l.acquire(); }(lock));
        co_await coil::sleep_for(1ms);
        CHECK(!waits.done());
        w.kill();
        co_await waits;
        co_await w.join();
        bool late = false;
        auto second = co_await m.lock("l");
        try {
            co_await coil::timeout(1ms, second.acquire());
        } catch (const coil::timed_out&) {
            late = true;
        }
        CHECK(late);
        co_await lock.release();
        co_await second.acquire();
    }());
}

TEST_CASE("manager: its death ends what waits, and every later operation") {
    coil::run([]() -> task<> {
        process::manager m;
        auto q = co_await m.queue<int>("q");
        auto list = co_await m.list<int>("xs");
        auto waits = coil::spawn([](process::managed_queue<int>& from) -> task<int> { co_return co_await from.get(); }(q));
        for (int i = 0; i < 5; ++i) co_await coil::yield();
        ::kill(m.pid(), SIGKILL);
        auto waiting = [&]() -> task<> { co_await waits; };
        const bool first = co_await throws<process::manager_died>(waiting);
        CHECK(first);
        auto later = [&]() -> task<> { co_await list.push_back(1); };
        const bool second = co_await throws<process::manager_died>(later);
        CHECK(second);
        auto anew = [&]() -> task<> { auto l = co_await m.list<int>("ys"); };
        const bool third = co_await throws<process::manager_died>(anew);
        CHECK(third);
    }());
}

TEST_CASE("manager: its process ends with it, and nothing is left open") {
    coil::run([]() -> task<> {
        {
            process::manager first;
            auto list = co_await first.list<int>("xs");
        }
        const auto before = workers::open_descriptors();
        int pid = 0;
        {
            process::manager m;
            auto list = co_await m.list<int>("xs");
            pid = m.pid();
            CHECK(workers::lives(pid));
        }
        const bool gone = co_await workers::comes([&] { return !workers::exists(pid); });
        CHECK(gone);
        const bool same = co_await workers::comes([&] { return workers::open_descriptors() <= before; });
        CHECK(same);
    }());
}
