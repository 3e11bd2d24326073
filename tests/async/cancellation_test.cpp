// SPDX-License-Identifier: BSL-1.0
// The cancellation table of runtime/README.md: the test "row: column" shows what its cell says.
#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/interval.hpp>
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/parallel_for.hpp>
#include <coil/runtime/async/parallel_map.hpp>
#include <coil/runtime/async/parallel_reduce.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/settle.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/task_local.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/async/when_any.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using coil::task;

namespace {

using effects = std::atomic<int>;
using resolvers = std::vector<coil::resolver<int>>;

// Where a test waits for other threads: until something holds.
template <class F>
void until(by_hand::world& w, F&& holds) {
    while (!holds()) {
        w.exec.drain();
        std::this_thread::yield();
    }
    w.exec.drain();
}

coil::thread_pool& the_pool() {
    static coil::thread_pool p(2);
    return p;
}

task<> leaf(effects& e, bool waits) {
    co_await coil::yield();
    ++e;
    if (waits) co_await coil::sleep_for(1h);
}
int polls(effects& e, bool waits) {
    ++e;
    while (waits) coil::this_task::check_stop();
    return 1;
}
coil::async_generator<int> numbers(effects& e, bool waits) {
    co_await leaf(e, waits);
    co_yield 1;
}
std::vector<task<>> two(effects& e, bool waits) {
    std::vector<task<>> v;
    v.push_back(leaf(e, waits));
    v.push_back(leaf(e, waits));
    return v;
}

// ---- the awaits: each ends soon, or waits until it is stopped; `e` counts what they have begun to do

task<> await_task(effects& e, bool waits) { co_await leaf(e, waits); }
task<> await_sleep_for(effects& e, bool waits) {
    co_await coil::sleep_for(waits ? 1h : 0h);
    ++e;
}
task<> await_sleep_until(effects& e, bool waits) {
    co_await coil::sleep_until(coil::time_point(waits ? 1000h : 0h));
    ++e;
}
task<> await_yield(effects& e, bool waits) {
    do {
        co_await coil::yield();
        ++e;
    } while (waits);
}
task<> await_interval(effects& e, bool waits) {
    coil::interval tick(waits ? 1h : 0h);
    co_await tick.next();
    ++e;
}
task<> await_handle(effects& e, bool waits) {
    auto h = coil::spawn(leaf(e, waits));
    co_await h;
}
task<> await_join_for(effects& e, bool waits) {
    auto h = coil::spawn(leaf(e, waits));
    (void)co_await h.join_for(1h);
}
task<> await_when_all(effects& e, bool waits) { co_await coil::when_all(leaf(e, waits), leaf(e, waits)); }
task<> await_when_all_range(effects& e, bool waits) { co_await coil::when_all(two(e, waits)); }
task<> await_max_in_flight(effects& e, bool waits) { co_await coil::when_all(two(e, waits), {.max_in_flight = 1}); }
task<> await_when_any(effects& e, bool waits) { (void)co_await coil::when_any(leaf(e, waits), coil::sleep_for(2h)); }
task<> await_settle(effects& e, bool waits) {
    auto [a, b] = co_await coil::settle(leaf(e, waits), leaf(e, waits));
    if (a.stopped() && b.stopped()) coil::this_task::check_stop();  // its outcomes say so, it does not throw
}
task<> await_timeout(effects& e, bool waits) { co_await coil::timeout(2h, leaf(e, waits)); }
task<> await_move_on_after(effects& e, bool waits) { (void)co_await coil::move_on_after(2h, leaf(e, waits)); }
task<> await_as_result(effects& e, bool waits) { (void)co_await coil::as_result(leaf(e, waits)); }
task<> await_finally(effects& e, bool waits) { co_await coil::finally(leaf(e, waits), coil::yield()); }
task<> await_task_local(effects& e, bool waits) {
    coil::task_local<int> local;
    co_await local.with(1, leaf(e, waits));
}
task<> await_with_scope(effects& e, bool waits) {
    co_await coil::with_scope([&](coil::scope& s) -> task<> {
        s.spawn(leaf(e, waits));
        co_return;
    });
}
task<> await_scope_join(effects& e, bool waits) {
    coil::scope s;
    s.spawn(leaf(e, waits));
    co_await s.join();
}
task<> await_generator(effects& e, bool waits) {
    auto g = numbers(e, waits);
    (void)co_await g.next();
}
task<> await_from_callback(effects& e, bool waits) {
    static resolvers kept;
    (void)co_await coil::from_callback<int>([&](coil::resolver<int> r) {
        ++e;
        if (waits) kept.push_back(r);
        else r.set_value(1);
    });
}
task<> await_on_pool_call(effects& e, bool waits) {
    (void)co_await coil::on_pool([&] { return polls(e, waits); }, the_pool());
}
task<> await_on_pool_task(effects& e, bool waits) { co_await coil::on_pool(leaf(e, waits), the_pool()); }
task<> await_resume_on(effects& e, bool waits) {
    co_await coil::resume_on(the_pool());
    co_await leaf(e, waits);
}
task<> await_blocking(effects& e, bool waits) {
    (void)co_await coil::blocking([&] { return polls(e, waits); });
}
task<> await_parallel_for(effects& e, bool waits) {
    co_await coil::parallel_for(0, 4, [&](std::size_t) { polls(e, waits); }, {.grain = 1});
}
task<> await_parallel_map(effects& e, bool waits) {
    std::vector<int> xs(4);
    (void)co_await coil::parallel_map(xs, [&](int) { return polls(e, waits); }, {.grain = 1});
}
task<> await_parallel_reduce(effects& e, bool waits) {
    std::vector<int> xs(4);
    (void)co_await coil::parallel_reduce(xs, 0, [&](int, int) { return polls(e, waits); }, {.grain = 1});
}

using kind = task<> (*)(effects&, bool);

// ---- the columns

task<> stopped_first(kind k, effects& e) {
    co_await by_hand::stop_myself();
    co_await k(e, false);
}
task<int> stopped_last(kind k, effects& e) {
    co_await k(e, false);
    co_await by_hand::stop_myself();
    co_return 1;
}
task<int> unwinding(kind k, effects& e) {
    co_await by_hand::stop_myself();
    bool unwinds = false;
    try {
        co_await coil::yield();
    } catch (const coil::cancelled&) {
        unwinds = true;
    }
    co_await coil::shield(k(e, false));
    co_return unwinds ? 1 : 0;
}

void before(kind k) {
    by_hand::world w;
    effects e{0};
    auto r = w.run(stopped_first(k, e));
    until(w, [&] { return r->ended.load() && w.owner.tasks() == 0; });
    CHECK(r->stopped);
}
void waiting(kind k) {
    by_hand::world w;
    effects e{0};
    auto r = w.start(k(e, true));
    for (int i = 0; i != 50 && w.exec.step(); ++i) {}  // one of them is always ready
    r->handle.cancel();
    // what was spawned beside it is left alone, so it is ended here
    until(w, [&] { return r->ended.load(); });
    w.owner.stop("the test is over");
    until(w, [&] { return w.owner.tasks() == 0; });
    CHECK(r->stopped);
    CHECK(w.exec.timers() == 0);
}
void after(kind k) {
    by_hand::world w;
    effects e{0};
    auto r = w.run(stopped_last(k, e));
    until(w, [&] { return r->ended.load(); });
    CHECK(r->value.has_value());
    CHECK(e != 0);
}
void unbegun(kind k) {
    by_hand::world w;
    effects e{0};
    auto r = w.run_stopped(k(e, false));
    CHECK_FALSE(r->ended);
    CHECK(r->handle.state() == coil::task_state::cancelled);
    CHECK(e == 0);
}
void during(kind k) {
    by_hand::world w;
    effects e{0};
    auto r = w.run(unwinding(k, e));
    until(w, [&] { return r->ended.load(); });
    CHECK(*r->value == 1);
    CHECK(e != 0);
}

}  // namespace

#define ROW(name, k)                                                                                                   \
    TEST_CASE(name ": stopped before") { before(k); }                                                                  \
    TEST_CASE(name ": stopped while waiting") { waiting(k); }                                                          \
    TEST_CASE(name ": stopped after completion") { after(k); }                                                         \
    TEST_CASE(name ": task not started") { unbegun(k); }                                                               \
    TEST_CASE(name ": during unwinding") { during(k); }

ROW("task", await_task)
ROW("async_generator::next", await_generator)
ROW("sleep_for", await_sleep_for)
ROW("sleep_until", await_sleep_until)
ROW("yield", await_yield)
ROW("interval::next", await_interval)
ROW("join handle", await_handle)
ROW("join_for", await_join_for)
ROW("when_all", await_when_all)
ROW("when_all of a range", await_when_all_range)
ROW("when_all with max_in_flight", await_max_in_flight)
ROW("when_any", await_when_any)
ROW("settle", await_settle)
ROW("timeout", await_timeout)
ROW("move_on_after", await_move_on_after)
ROW("as_result", await_as_result)
ROW("finally", await_finally)
ROW("task_local::with", await_task_local)
ROW("with_scope", await_with_scope)
ROW("scope::join", await_scope_join)
ROW("from_callback", await_from_callback)
ROW("on_pool of a callable", await_on_pool_call)
ROW("on_pool of a task", await_on_pool_task)
ROW("resume_on", await_resume_on)
ROW("blocking", await_blocking)
ROW("parallel_for", await_parallel_for)
ROW("parallel_map", await_parallel_map)
ROW("parallel_reduce", await_parallel_reduce)

// ---- what is shielded by nature has cells of its own

namespace {
task<> await_shield(effects& e, bool waits) { co_await coil::shield(leaf(e, waits)); }
task<> await_scope_close(effects& e, bool) {
    coil::scope s;
    auto child = [](effects& n) -> task<> {
        co_await coil::shield(coil::sleep_for(1ms));
        ++n;
    };
    s.spawn(coil::shield(child(e)));
    co_await coil::shield(coil::yield());  // the child begins
    co_await s.close();
}
void runs_although_stopped(kind k) {
    by_hand::world w;
    effects e{0};
    auto r = w.run(stopped_first(k, e));
    w.exec.advance(1ms);
    CHECK(r->value.has_value());
    CHECK(e == 1);
}
}  // namespace

TEST_CASE("shield: stopped before") { runs_although_stopped(await_shield); }
TEST_CASE("shield: stopped while waiting") {
    by_hand::world w;
    effects e{0};
    auto r = w.run(await_shield(e, true));
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);
    w.exec.advance(1h);
    CHECK(r->value.has_value());
}
TEST_CASE("shield: stopped after completion") { after(await_shield); }
TEST_CASE("shield: task not started") { unbegun(await_shield); }
TEST_CASE("shield: during unwinding") { during(await_shield); }

TEST_CASE("scope::close: stopped before") { runs_although_stopped(await_scope_close); }
TEST_CASE("scope::close: stopped while waiting") {
    by_hand::world w;
    effects e{0};
    auto r = w.run(await_scope_close(e, true));
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);
    w.exec.advance(1ms);
    CHECK(r->value.has_value());
    CHECK(e == 1);
}
TEST_CASE("scope::close: stopped after completion") {
    by_hand::world w;
    effects e{0};
    auto r = w.run(stopped_last(await_scope_close, e));
    w.exec.advance(1ms);
    CHECK(r->value.has_value());
}
TEST_CASE("scope::close: task not started") { unbegun(await_scope_close); }
TEST_CASE("scope::close: during unwinding") {
    by_hand::world w;
    effects e{0};
    auto r = w.run(unwinding(await_scope_close, e));
    w.exec.advance(1ms);
    CHECK(*r->value == 1);
}
