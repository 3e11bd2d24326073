// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/when_all_range.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/coro/generator.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<int> after(coil::nanoseconds d, int x) {
    co_await coil::sleep_for(d);
    co_return x;
}
task<std::unique_ptr<int>> pointer(int x) {
    co_await coil::yield();
    co_return std::make_unique<int>(x);
}
task<long> at_once(long x) { co_return x; }

struct gauge {
    int now = 0, most = 0, begun = 0;
};
task<int> measured(gauge& g, int x, coil::nanoseconds d) {
    ++g.begun;
    g.most = std::max(g.most, ++g.now);
    co_await coil::sleep_for(d);
    --g.now;
    co_return x;
}
task<int> fails_after(coil::nanoseconds d, const char* text) {
    co_await coil::sleep_for(d);
    throw std::runtime_error(text);
}

}  // namespace

TEST_CASE("when_all of a range gives the values in the order of the range") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        std::vector<task<int>> many;
        for (int i = 0; i != 5; ++i) many.push_back(after(std::chrono::milliseconds(5 - i), i));
        std::string s;
        for (int x : co_await coil::when_all(std::move(many))) s += std::to_string(x);
        std::vector<task<std::unique_ptr<int>>> pointers;
        for (int i = 0; i != 5; ++i) pointers.push_back(pointer(i));
        for (auto& p : co_await coil::when_all(std::move(pointers), {.max_in_flight = 2})) s += std::to_string(*p);
        co_return s;
    }());
    w.exec.advance(1h);
    CHECK(*r->value == "0123401234");
}

TEST_CASE("when_all of an empty range and of a range of void") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::size_t> {
        std::vector<task<int>> none;
        const auto a = co_await coil::when_all(std::move(none));
        std::vector<task<int>> none_again;
        const auto b = co_await coil::when_all(std::move(none_again), {.max_in_flight = 3});
        std::vector<coil::sleep_await> sleeps;
        for (int i = 0; i != 4; ++i) sleeps.push_back(coil::sleep_for(1ms));
        static_assert(std::is_void_v<decltype(coil::when_all(std::move(sleeps)))::value_type>);
        co_await coil::when_all(std::move(sleeps), {.max_in_flight = 2});
        co_return a.size() + b.size();
    }());
    w.exec.advance(1ms);
    CHECK_FALSE(r->ended);
    w.exec.advance(1ms);
    CHECK(*r->value == 0);
}

TEST_CASE("when_all keeps at most max_in_flight running, begun in order, and takes from a lazy range in turn") {
    by_hand::world w;
    gauge g;
    std::string taken;
    auto r = w.run([](gauge& m, std::string& t) -> task<std::string> {
        auto lazy = [](gauge& x, std::string& o) -> coil::generator<task<int>> {
            for (int i = 0; i != 7; ++i) {
                o += std::to_string(i);
                co_yield measured(x, i, 1ms);
            }
        };
        std::string s;
        for (int x : co_await coil::when_all(lazy(m, t), {.max_in_flight = 3})) s += std::to_string(x);
        co_return s;
    }(g, taken));
    CHECK(g.now == 3);
    CHECK(taken.size() <= 4);  // the range may stand one ahead
    w.exec.advance(1ms);
    CHECK(g.begun == 6);
    w.exec.advance(1h);
    CHECK(*r->value == "0123456");
    CHECK(g.most == 3);
    CHECK(taken == "0123456");
}

TEST_CASE("when_all refuses a vector with a task that is gone, and destroys the others; so does one never awaited") {
    int died = 0;
    auto holds = [](by_hand::witness) -> task<int> { co_return 1; };
    auto make = [&] {
        std::vector<task<int>> many;
        for (int i = 0; i != 3; ++i) many.push_back(holds(by_hand::witness(died)));
        return many;
    };
    {
        auto many = make();
        [[maybe_unused]] const task<int> gone = std::move(many[1]);
        CHECK_THROWS_AS((void)coil::when_all(std::move(many)), std::logic_error);
        CHECK(died == 0);  // they are the caller's still
    }
    CHECK(died == 3);
    { [[maybe_unused]] auto never = coil::when_all(make()); }
    CHECK(died == 6);
    by_hand::world w;
    auto meets_a_stop = [&]() -> task<int> {
        auto many = make();
        co_await by_hand::stop_myself();
        co_return (co_await coil::when_all(std::move(many)))[0];
    };
    auto r = w.run(meets_a_stop());
    CHECK(r->stopped);
    CHECK(died == 9);
}

TEST_CASE("when_all of a view, of handles, of a fixed array") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        int sum = 0;
        auto view = std::views::iota(0, 10) | std::views::transform([](int i) { return after(1ms, i); });
        for (int x : co_await coil::when_all(std::move(view))) sum += x;
        std::vector<coil::join_handle<int>> handles;
        for (int i = 0; i != 10; ++i) handles.push_back(coil::spawn(after(1ms, i)));
        for (int x : co_await coil::when_all(std::move(handles), {.max_in_flight = 4})) sum += x;
        std::array<task<int>, 2> fixed{after(1ms, 5), after(1ms, 5)};
        for (int x : co_await coil::when_all(std::move(fixed))) sum += x;
        co_return sum;
    }());
    w.exec.advance(1h);
    CHECK(*r->value == 100);
}

TEST_CASE("when_all of a range: the first failure in time stops the rest, unbegun ones are not begun") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    for (const std::size_t most : {std::size_t{0}, std::size_t{3}}) {
        suppressed.texts().clear();
        gauge g;
        auto r = w.run([](gauge& m, std::size_t limit) -> task<> {
            std::vector<task<int>> many;
            auto bad_loser = []() -> task<int> {
                try {
                    co_await coil::sleep_for(1h);
                } catch (const coil::cancelled&) {
                    throw std::runtime_error("later");
                }
                co_return 0;
            };
            many.push_back(bad_loser());
            many.push_back(measured(m, 1, 1h));
            many.push_back(fails_after(2ms, "first"));
            for (int i = 0; i != 20; ++i) many.push_back(measured(m, i, 1h));
            (void)co_await coil::when_all(std::move(many), {.max_in_flight = limit});
        }(g, most));
        w.exec.advance(2ms);
        CHECK(r->what() == "first");
        CHECK(suppressed.texts() == std::vector<std::string>{"later"});
        CHECK(g.begun == (most == 0 ? 21 : 1));
        CHECK(w.exec.timers() == 0);
    }
}

TEST_CASE("when_all: the most that may be in flight is any integer, and a negative one is refused") {
    by_hand::world w;
    auto all = [](int most) -> task<std::size_t> {
        std::vector<task<int>> two;
        for (int i = 0; i != 2; ++i) two.push_back([](int x) -> task<int> { co_return x; }(i));
        co_return (co_await coil::when_all(std::move(two), {.max_in_flight = most})).size();
    };
    CHECK(*w.run(all(1))->value == 2);
    CHECK(w.run(all(-1))->what().find("when_all_range_test.cpp:") != std::string::npos);
}

TEST_CASE("when_all of a range whose iteration throws ends with that error") {
    by_hand::world w;
    gauge g;
    auto r = w.run([](gauge& m) -> task<> {
        auto lazy = [](gauge& x) -> coil::generator<task<int>> {
            co_yield measured(x, 1, 1h);
            throw std::runtime_error("no more");
        };
        (void)co_await coil::when_all(lazy(m), {.max_in_flight = 2});
    }(g));
    CHECK(r->what() == "no more");
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("when_all of a range stopped while waiting, before, after completion, never begun, during unwinding") {
    by_hand::world w;
    for (const std::size_t most : {std::size_t{0}, std::size_t{2}}) {
        gauge g;
        auto some = [](gauge& m) {
            std::vector<task<int>> many;
            for (int i = 0; i != 6; ++i) many.push_back(measured(m, i, 1ms));
            return many;
        };
        auto all = [](std::vector<task<int>> many, std::size_t limit) -> task<std::size_t> {
            co_return (co_await coil::when_all(std::move(many), {.max_in_flight = limit})).size();
        };
        auto waiting = w.run(all(some(g), most));
        waiting->handle.cancel();
        w.exec.drain();
        CHECK(waiting->stopped);
        CHECK(g.begun == (most == 0 ? 6 : 2));
        CHECK(w.exec.timers() == 0);

        g = {};
        auto before = w.run([](task<std::size_t> t) -> task<> {
            co_await by_hand::stop_myself();
            co_await std::move(t);
        }(all(some(g), most)));
        CHECK(before->stopped);
        CHECK(g.begun == 0);

        auto after_it = w.run([](task<std::size_t> t, task<std::size_t> u) -> task<std::size_t> {
            const std::size_t n = co_await std::move(t);
            co_await by_hand::stop_myself();
            bool unwinding = false;
            try {
                co_await coil::yield();
            } catch (const coil::cancelled&) {
                unwinding = true;
            }
            co_return n + (unwinding ? co_await coil::shield(std::move(u)) : 0);
        }(all(some(g), most), all(some(g), most)));
        w.exec.advance(1h);
        CHECK(*after_it->value == 12);

        g = {};
        auto never = w.run_stopped(all(some(g), most));
        CHECK_FALSE(never->ended);
        CHECK(g.begun == 0);
    }
}

TEST_CASE("when_all with max_in_flight, stopped, begins no further element although the present one ends with a value") {
    by_hand::world w;
    gauge g;
    auto r = w.run([](gauge& m) -> task<> {
        std::vector<coil::shield_await<coil::awaiter_of<task<int>>>> shielded;
        for (int i = 0; i != 3; ++i) shielded.push_back(coil::shield(measured(m, i, 1ms)));
        (void)co_await coil::when_all(std::move(shielded), {.max_in_flight = 1});
    }(g));
    r->handle.cancel();
    w.exec.advance(10ms);
    CHECK(r->stopped);
    CHECK(g.begun == 1);
}

TEST_CASE("when_all of very many children overflows neither a lane nor the stack") {
    constexpr long count = 200'000;
    const auto many = [] {
        std::vector<task<long>> v;
        for (long i = 0; i != count; ++i) v.push_back(at_once(i));
        return v;
    };
    const auto sum = [](std::vector<task<long>> v, std::size_t most) -> task<long> {
        long s = 0;
        for (long x : co_await coil::when_all(std::move(v), {.max_in_flight = most})) s += x;
        co_return s;
    };
    by_hand::world w;
    CHECK(*w.run(sum(many(), 0))->value == count * (count - 1) / 2);
    CHECK(*w.run(sum(many(), 7))->value == count * (count - 1) / 2);
    coil::thread_pool pool(2);
    for (const std::size_t most : {std::size_t{0}, std::size_t{7}}) {
        auto r = w.start([](coil::thread_pool& p, task<long> t) -> task<long> {
            co_return co_await coil::on_pool(std::move(t), p);
        }(pool, sum(many(), most)));
        while (!r->ended) w.exec.drain();
        w.exec.drain();
        CHECK(*r->value == count * (count - 1) / 2);
    }
}
