// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/timeout.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<int> at_once(int x) { co_return x; }
task<int> after(coil::nanoseconds d, int x) {
    co_await coil::sleep_for(d);
    co_return x;
}
task<std::unique_ptr<int>> a_pointer() {
    co_await coil::yield();
    co_return std::make_unique<int>(4);
}
int shared_value = 0;
task<int&> a_reference() { co_return shared_value; }

// An await that was cut short after some bytes had moved, as a write is.
class moved_some : public coil::wait {
public:
    explicit moved_some(std::size_t bytes) noexcept : wait(table), bytes_(bytes) {}
    moved_some(moved_some&& other) noexcept : wait(table), bytes_(other.bytes_) {}
    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return enter(h, [] { return true; }) ? std::noop_coroutine() : h;
    }
    void await_resume() {
        try {
            finish();
        } catch (const coil::cancelled&) {
            throw coil::cancelled(bytes_);
        }
    }
    // what an operation of the ring offers as well
    coil::result<void> await_result() {
        await_resume();
        return coil::result<void>();
    }

private:
    static bool stop(wait&) noexcept { return true; }
    static void describe(const wait&, std::string& text) { text += "bytes"; }
    static constexpr coil::wait_table table = {&stop, nullptr, &describe};
    std::size_t bytes_;
};

}  // namespace

TEST_CASE("timeout gives the value of what ends in time") {
    by_hand::world w;
    auto soon = w.run([]() -> task<int> { co_return co_await coil::timeout(5ms, after(4ms, 7)); }());
    w.exec.advance(4ms);
    CHECK(*soon->value == 7);
    CHECK(w.exec.timers() == 0);

    auto moved = w.run([]() -> task<int> { co_return *co_await coil::timeout(5ms, a_pointer()); }());
    CHECK(*moved->value == 4);
    auto referred = w.run([]() -> task<bool> { co_return &co_await coil::timeout(5ms, a_reference()) == &shared_value; }());
    CHECK(*referred->value);
}

TEST_CASE("timeout stops what is late, waits for it and throws timed_out") {
    by_hand::world w;
    int destroyed = 0;
    auto late = w.run([](int& count) -> task<> {
        auto body = [](int& c) -> task<> {
            const by_hand::witness here(c);
            co_await coil::sleep_for(1h);
        };
        try {
            co_await coil::timeout(5ms, body(count));
        } catch (const coil::timed_out& e) {
            CHECK(count == 1);  // its frame is gone before the error arrives
            CHECK(e.code() == std::errc::timed_out);
            throw;
        }
    }(destroyed));
    w.exec.advance(4999us);
    CHECK_FALSE(late->ended);
    w.exec.advance(1us);
    CHECK(late->failed_with<coil::timed_out>());
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("timeout arms no timer around what completes without suspending, however deep") {
    by_hand::world w;
    auto done = w.run([](by_hand::world& world) -> task<int> {
        auto chain = [](auto& self, int depth) -> task<int> {
            if (depth == 0) co_return co_await at_once(1);
            co_return co_await self(self, depth - 1);
        };
        int sum = 0;
        for (int i = 0; i != 100; ++i) {
            sum += co_await coil::timeout(1s, coil::timeout(1s, chain(chain, 10)));
            CHECK(world.exec.timers() == 0);
        }
        co_return sum;
    }(w));
    CHECK(*done->value == 100);
}

TEST_CASE("timeout counts from its own beginning, not from the first suspension") {
    by_hand::world w;
    auto late = w.run([](by_hand::world& world) -> task<int> {
        auto slow = [](by_hand::world& x) -> task<int> {
            co_await at_once(0);
            x.exec.pass(30ms);  // a long computation
            co_await coil::sleep_for(1h);
            co_return 0;
        };
        co_return co_await coil::timeout(20ms, slow(world));
    }(w));
    CHECK(w.exec.timers() == 2);
    w.exec.advance(0ms);
    CHECK(late->failed_with<coil::timed_out>());
}

TEST_CASE("timeout around children: each may be the one whose suspension arms it") {
    by_hand::world w;
    auto late = w.run([]() -> task<> {
        (void)co_await coil::timeout(5ms, coil::when_all(at_once(1), after(1ms, 2), after(1h, 3)));
    }());
    CHECK(w.exec.timers() == 3);  // one of them the limit's
    w.exec.advance(5ms);
    CHECK(late->failed_with<coil::timed_out>());
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("timeout of zero takes what is ready, and gives the others one turn otherwise") {
    for (const auto d : {0ns, -1ns, std::chrono::nanoseconds::min()}) {
        by_hand::world w;
        auto ready = w.run([](auto limit) -> task<int> { co_return co_await coil::timeout(limit, at_once(3)); }(d));
        CHECK(*ready->value == 3);
        std::string order;
        auto late = w.start([](auto limit, std::string& o) -> task<> {
            try {
                co_await coil::timeout(limit, coil::sleep_for(1h));
            } catch (const coil::timed_out&) {
                o += "late ";
            }
        }(d, order));
        auto other = w.start([](std::string& o) -> task<> {
            o += "other ";
            co_return;
        }(order));
        w.exec.advance(0ns);
        CHECK(order == "other late ");
        CHECK(late->ended);
        CHECK(other->ended);
    }
}

TEST_CASE("timeout of an enormous duration never comes, of any type") {
    by_hand::world w;
    auto waits = w.run([]() -> task<> {
        co_await coil::timeout(std::chrono::hours::max(), coil::timeout(
            std::chrono::duration<double>(std::numeric_limits<double>::infinity()), coil::sleep_for(100h)));
    }());
    CHECK(w.exec.timers() == 1);
    w.exec.advance(99h);
    CHECK_FALSE(waits->ended);
    w.exec.advance(1h);
    CHECK(waits->value.has_value());
}

TEST_CASE("timeout: another error wins over the deadline") {
    by_hand::world w;
    auto fails = w.run([]() -> task<> {
        auto body = []() -> task<> {
            try {
                co_await coil::sleep_for(1h);
            } catch (const coil::cancelled&) {
                throw std::runtime_error("cleaning up failed");
            }
        };
        co_await coil::timeout(5ms, body());
    }());
    w.exec.advance(5ms);
    CHECK(fails->what() == "cleaning up failed");
}

TEST_CASE("timeout: a value that comes in spite of the deadline wins") {
    by_hand::world w;
    auto value = w.run([]() -> task<int> { co_return co_await coil::timeout(5ms, coil::shield(after(9ms, 8))); }());
    w.exec.advance(5ms);
    CHECK_FALSE(value->ended);
    w.exec.advance(4ms);
    CHECK(*value->value == 8);
}

TEST_CASE("timeout: a cancelled that it did not cause travels on") {
    by_hand::world w;
    auto made_up = w.run([]() -> task<> {
        auto body = []() -> task<> {
            co_await coil::yield();
            throw coil::cancelled();
        };
        co_await coil::timeout(5ms, body());
    }());
    CHECK(made_up->stopped);
}

TEST_CASE("timeout: the deadline and a stop from outside together are a stop") {
    by_hand::world w;
    auto both = w.run([]() -> task<> {
        auto body = []() -> task<> {
            try {
                co_await coil::sleep_for(1h);
            } catch (const coil::cancelled&) {
                coil::this_thread.current->root->cancel("also");
                throw;
            }
        };
        co_await coil::timeout(5ms, body());
    }());
    w.exec.advance(5ms);
    CHECK(both->stopped);
}

TEST_CASE("timeout: of two deadlines the one that passed is the one that is told") {
    by_hand::world w;
    auto outer_first = w.run([]() -> task<std::string> {
        auto inner = []() -> task<std::string> {
            try {
                co_await coil::timeout(9ms, coil::sleep_for(1h));
            } catch (const coil::timed_out&) {
                co_return "inner";
            }
            co_return "none";
        };
        try {
            co_return co_await coil::timeout(5ms, inner());
        } catch (const coil::timed_out&) {
            co_return "outer";
        }
    }());
    w.exec.advance(20ms);
    CHECK(*outer_first->value == "outer");
    auto inner_first = w.run([]() -> task<std::string> {
        auto inner = []() -> task<std::string> {
            std::string s = "none";
            try {
                co_await coil::timeout(5ms, coil::sleep_for(1h));
            } catch (const coil::timed_out&) {
                s = "inner";
            }
            co_await coil::sleep_for(1ms);  // the outer one goes on
            co_return s;
        };
        co_return co_await coil::timeout(9ms, inner());
    }());
    w.exec.advance(20ms);
    CHECK(*inner_first->value == "inner");
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("timeout ends an endless task that only yields, and one that only awaits what is ready") {
    by_hand::world w;
    auto yields = w.start([](by_hand::world& world) -> task<> {
        auto body = [](by_hand::world& x) -> task<> {
            for (;;) {
                x.exec.pass(1ms);
                co_await coil::yield();
            }
        };
        co_await coil::timeout(5ms, body(world));
    }(w));
    for (int i = 0; i != 20 && !yields->ended; ++i) {
        w.exec.step();
        w.exec.fire();
    }
    CHECK(yields->failed_with<coil::timed_out>());

    auto never_suspends = w.run([](by_hand::world& world) -> task<> {
        auto body = [](by_hand::world& x) -> task<> {
            for (;;) {
                x.exec.pass(1us);
                co_await at_once(1);
                // tasks are no check, the next line is; a leaf such as a free mutex would be one
                coil::branch& b = *coil::this_thread.current;
                if (coil::region::reaches(b.innermost)) throw coil::cancelled();
            }
        };
        co_await coil::timeout(5ms, body(world));
    }(w));
    CHECK(never_suspends->failed_with<coil::timed_out>());
}

TEST_CASE("timeout is seen by a computation that asks check_stop") {
    by_hand::world w;
    auto computes = w.run([](by_hand::world& world) -> task<> {
        auto body = [](by_hand::world& x) -> task<> {
            for (;;) {
                x.exec.pass(1ms);
                coil::this_task::check_stop();
            }
            co_return;
        };
        co_await coil::timeout(5ms, body(world));
    }(w));
    CHECK(computes->failed_with<coil::timed_out>());
}

TEST_CASE("timed_out carries the bytes that had moved, and so does cancelled") {
    by_hand::world w;
    auto late = w.run([]() -> task<std::size_t> {
        try {
            co_await coil::timeout(5ms, moved_some(77));
            FAIL("it ended in time");
        } catch (const coil::timed_out& e) {
            co_return e.transferred();
        }
        co_return 0;
    }());
    auto as_value = w.run([]() -> task<std::size_t> {
        auto r = co_await coil::as_result(coil::timeout(5ms, moved_some(78)));
        if (r || r.error() != std::errc::timed_out) co_return 0;
        try {
            r.error().rethrow();
        } catch (const coil::timed_out& e) {
            co_return e.transferred();
        }
    }());
    auto stopped = w.run([]() -> task<> {
        try {
            co_await coil::timeout(1h, moved_some(79));
        } catch (const coil::cancelled& c) {
            CHECK(c.transferred() == 79);
            throw;
        }
    }());
    stopped->handle.cancel();
    w.exec.advance(5ms);
    CHECK(*late->value == 77);
    CHECK(*as_value->value == 78);
    CHECK(stopped->stopped);
}

TEST_CASE("timeout around a join handle leaves the task alone") {
    by_hand::world w;
    auto other = w.run(after(9ms, 5));
    auto waits = w.run([](coil::join_handle<>& h) -> task<bool> {
        try {
            co_await coil::timeout(5ms, h);
        } catch (const coil::timed_out&) {
            co_return true;
        }
        co_return false;
    }(other->handle));
    w.exec.advance(5ms);
    CHECK(*waits->value);
    CHECK_FALSE(other->ended);
    w.exec.advance(4ms);
    CHECK(*other->value == 5);
}

TEST_CASE("timeout and move_on_after in a stopped task: what is awaited is not begun") {
    by_hand::world w;
    auto stopped = w.run([]() -> task<> {
        co_await by_hand::stop_myself();
        bool went_on = false;
        try {
            co_await coil::timeout(1h, coil::yield());
            went_on = true;
        } catch (const coil::cancelled&) {
        }
        CHECK_FALSE(went_on);
        (void)co_await coil::move_on_after(1h, coil::yield());
    }());
    CHECK(stopped->stopped);
    auto never_begun = w.run_stopped([]() -> task<> { co_await coil::timeout(1h, coil::yield()); }());
    CHECK_FALSE(never_begun->ended);
    CHECK(never_begun->handle.state() == coil::task_state::cancelled);
}

TEST_CASE("timeout and move_on_after stopped while waiting end as cancelled, the timer disarmed") {
    by_hand::world w;
    auto a = w.run([]() -> task<> { co_await coil::timeout(1h, coil::sleep_for(2h)); }());
    auto b = w.run([]() -> task<> { (void)co_await coil::move_on_after(1h, coil::sleep_for(2h)); }());
    CHECK(w.exec.timers() == 4);
    a->handle.cancel();
    b->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    CHECK(b->stopped);
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("timeout stopped after completion keeps its value") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        const int v = co_await coil::timeout(1h, after(1ms, 6));
        co_await by_hand::stop_myself();
        co_return v;
    }());
    w.exec.advance(1ms);
    CHECK(*r->value == 6);
    auto m = w.run([]() -> task<int> {
        const auto v = co_await coil::move_on_after(1h, after(1ms, 6));
        co_await by_hand::stop_myself();
        co_return *v;
    }());
    w.exec.advance(1ms);
    CHECK(*m->value == 6);
}

TEST_CASE("move_on_after gives an optional, empty when the deadline came first") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        std::string s;
        const auto in_time = co_await coil::move_on_after(5ms, after(1ms, 3));
        s += in_time ? std::to_string(*in_time) : "-";
        const auto late = co_await coil::move_on_after(5ms, after(1h, 3));
        s += late ? "?" : "-";
        const auto nothing = co_await coil::move_on_after(5ms, coil::sleep_for(1ms));
        s += nothing ? "v" : "-";
        const auto moved = co_await coil::move_on_after(5ms, a_pointer());
        s += moved ? std::to_string(**moved) : "-";
        const auto referred = co_await coil::move_on_after(5ms, a_reference());
        s += &referred->get() == &shared_value ? "r" : "-";
        co_return s;
    }());
    w.exec.advance(1h);
    CHECK(*r->value == "3-v4r");
    auto fails = w.run([]() -> task<> {
        auto body = []() -> task<> {
            co_await coil::yield();
            throw std::runtime_error("its own error");
        };
        (void)co_await coil::move_on_after(5ms, body());
    }());
    CHECK(fails->what() == "its own error");
}

TEST_CASE("a timeout during unwinding works as any other") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        std::string s;
        try {
            co_await by_hand::stop_myself();
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            s = "unwinding ";
        }
        try {
            co_await coil::shield(coil::timeout(5ms, coil::sleep_for(1h)));
        } catch (const coil::timed_out&) {
            s += "timed out";
        }
        co_return s;
    }());
    w.exec.advance(5ms);
    CHECK(*r->value == "unwinding timed out");
}
