// SPDX-License-Identifier: BSL-1.0
#include <coil/process/queue.hpp>

#include "other_process.hpp"
#include "told.hpp"

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

using namespace std::chrono_literals;
using namespace process_test;
using coil::task;
namespace process = coil::process;

namespace {

// A text that passes itself.
struct text {
    std::string s;
    void encode(process::encoder& to) const { to.bytes(std::as_bytes(std::span(s))); }
    static text decode(process::decoder& from) {
        text t;
        t.s.resize(from.left());
        from.bytes(std::as_writable_bytes(std::span(t.s)));
        return t;
    }
};

}  // namespace

TEST_CASE("a queue between processes gives what was put in its order, and says when it is full, empty and closed") {
    process::queue<int> q{2};
    CHECK(q.maxsize() == 2);
    CHECK(q.empty());
    CHECK(!q.try_get().has_value());
    CHECK(q.try_put(1));
    q.put_blocking(2);
    CHECK(q.full());
    CHECK(!q.try_put(3));
    CHECK(q.size() == 2);
    CHECK(q.get_blocking() == 1);
    q.close();
    CHECK(q.closed());
    CHECK(error_of([&] { (void)q.try_put(4); }) == std::errc::broken_pipe);
    CHECK(error_of([&] { q.put_blocking(4); }) == std::errc::broken_pipe);
    CHECK(q.try_get() == 2);
    CHECK(!q.try_get().has_value());
    CHECK(!q.get_blocking().has_value());
    CHECK(q.members() == 1);
    CHECK(q.deaths() == 0);
}

TEST_CASE("a queue has room for one at least, and refuses what is larger than all its room") {
    CHECK_THROWS_AS(process::queue<int>{0}, std::invalid_argument);
    CHECK_THROWS_AS(process::queue<int>{-1}, std::invalid_argument);
    CHECK(told_by([] { process::queue<int> none{0}; }).find(at_line(__LINE__)) != std::string::npos);
    process::queue<text> q{1, {.bytes = 64}};
    CHECK(q.try_put(text{"short"}));
    CHECK(q.try_get()->s == "short");
    CHECK(error_of([&] { (void)q.try_put(text{std::string(1000, 'x')}); }) == std::errc::message_size);
}

TEST_CASE("tasks put and get through a queue between processes, and wait for each other") {
    process::queue<int> q{3};
    long sum = 0;
    const auto puts = [&]() -> task<> {
        for (int i = 1; i <= 1000; ++i)
            co_await q.put(i);
        q.close();
    };
    const auto gets = [&]() -> task<> {
        for (;;) {
            const auto v = co_await q.get();
            if (!v) break;
            sum += *v;
        }
    };
    const auto body = [&]() -> task<> {
        auto a = coil::spawn(gets());
        auto b = coil::spawn(puts());
        co_await a;
        co_await b;
    };
    coil::run(body());
    CHECK(sum == 500'500);
}

TEST_CASE("a put or get that is stopped has done nothing; one that is out of time says so") {
    process::queue<int> q{1};
    const auto body = [&]() -> task<> {
        const auto gets = [&]() -> task<> { co_await q.get(); };
        auto g = coil::spawn(gets());
        co_await coil::yield();
        co_await coil::yield();
        g.cancel();
        int stops = 0;
        try {
            co_await g;
        } catch (const coil::cancelled&) {
            ++stops;
        }
        co_await q.put(1);
        const auto puts = [&]() -> task<> { co_await q.put(2); };
        auto p = coil::spawn(puts());
        co_await coil::yield();
        co_await coil::yield();
        p.cancel();
        try {
            co_await p;
        } catch (const coil::cancelled&) {
            ++stops;
        }
        CHECK(stops == 2);
        CHECK(q.size() == 1);
        const bool put = co_await q.put_for(3, 1ms);
        CHECK(!put);
        const auto one = co_await q.get();
        CHECK(one == 1);
        const auto none = co_await q.get_for(1ms);
        CHECK(!none.has_value());
    };
    coil::run(body());
}

TEST_CASE("blocking calls of a queue are refused on a thread of coil where they would sleep") {
    process::queue<int> q{1};
    const auto body = [&]() -> task<> {
        q.put_blocking(1);
        CHECK(error_of([&] { q.put_blocking(2); }) == std::errc::resource_deadlock_would_occur);
        CHECK(q.get_blocking() == 1);
        CHECK(error_of([&] { (void)q.get_blocking(); }) == std::errc::resource_deadlock_would_occur);
        co_return;
    };
    coil::run(body());
}

// ---- two processes

TEST_CASE(CHILD("squares numbers")) {
    given objects;
    auto in = objects.take<process::queue<int>>();
    auto out = objects.take<process::queue<long>>();
    const auto body = [&]() -> task<> {
        for (;;) {
            const auto v = co_await in.get();
            if (!v) break;
            co_await out.put(long{*v} * *v);
        }
    };
    coil::run(body());
}

TEST_CASE("two workers get from one queue and put into another, and nothing is lost or there twice") {
    process::queue<int> in{4};
    process::queue<long> out{4};
    other_process a("squares numbers", message_of(in, out));
    other_process b("squares numbers", message_of(in, out));
    long sum = 0;
    const auto body = [&]() -> task<> {
        const auto feeds = [&]() -> task<> {
            for (int i = 1; i <= 500; ++i)
                co_await in.put(i);
            in.close();
        };
        auto h = coil::spawn(feeds());
        for (int i = 1; i <= 500; ++i) {
            const auto v = co_await out.get();
            sum += *v;
        }
        co_await h;
    };
    coil::run(body());
    CHECK(sum == 500L * 501 * 1001 / 6);
    CHECK(a.wait() == 0);
    CHECK(b.wait() == 0);
}

TEST_CASE(CHILD("sends texts")) {
    given objects;
    auto q = objects.take<process::queue<text>>();
    for (int i = 0; i < 300; ++i)
        q.put_blocking(text{std::string(static_cast<std::size_t>(i), 'x')});
    q.close();
}

TEST_CASE("texts of any length come from another process whole") {
    process::queue<text> q{5, {.bytes = 1000}};
    other_process other("sends texts", message_of(q));
    const auto body = [&]() -> task<> {
        std::size_t n = 0;
        for (;;) {
            const auto t = co_await q.get();
            if (!t) break;
            CHECK(t->s == std::string(n++, 'x'));
        }
        CHECK(n == 300);
    };
    coil::run(body());
    CHECK(other.wait() == 0);
}

TEST_CASE(CHILD("has a queue and waits to be killed")) {
    given objects;
    auto q = objects.take<process::queue<int>>();
    tell_parent('q');
    sleep_until_killed();
}

TEST_CASE("who waits at a queue is told when the last other process dies, a task and a thread") {
    process::queue<int> q{1};
    for (const bool thread : {false, true}) {
        other_process other("has a queue and waits to be killed", message_of(q));
        REQUIRE(other.hear() == 'q');
        std::error_code told;
        if (thread) {
            std::thread waits([&] { told = error_of([&] { (void)q.get_blocking(); }); });
            other.kill();
            waits.join();
        } else {
            const auto body = [&]() -> task<> {
                const auto gets = [&]() -> task<> { co_await q.get(); };
                auto h = coil::spawn(gets());
                co_await coil::yield();
                other.kill();
                try {
                    co_await h;
                } catch (const std::system_error& e) {
                    told = e.code();
                }
            };
            coil::run(body());
        }
        CHECK(told == std::errc::owner_dead);
    }
    CHECK(q.deaths() == 2);
    // what it is good for goes on
    CHECK(q.try_put(1));
    CHECK(q.try_get() == 1);
}
