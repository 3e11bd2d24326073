// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/scope.hpp>

#include <coil/runtime/async/finally.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/task.hpp>

#include "../in_a_child.hpp"
#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <sys/wait.h>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<> notes(std::string& s, const char* what, coil::nanoseconds d = 1ms) {
    try {
        co_await coil::sleep_for(d);
        s += what;
    } catch (const coil::cancelled&) {
        s.append("(").append(what).append(")");
        throw;
    }
}
task<> fails_after(coil::nanoseconds d, const char* text) {
    co_await coil::sleep_for(d);
    throw std::runtime_error(text);
}
task<int> after(coil::nanoseconds d, int x) {
    co_await coil::sleep_for(d);
    co_return x;
}

}  // namespace

TEST_CASE("with_scope waits for every task and gives the block's value") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<std::unique_ptr<int>> {
        auto v = co_await coil::with_scope([&](coil::scope& s) -> task<std::unique_ptr<int>> {
            s.spawn(notes(o, "a", 2ms));
            s.spawn(notes(o, "b"), {.name = "second"});
            CHECK(s.size() == 2);
            co_await coil::yield();
            o += "block ";
            co_return std::make_unique<int>(5);
        });
        o += " after";
        co_return v;
    }(order));
    w.exec.advance(10ms);
    CHECK(order == "block ba after");
    CHECK(**r->value == 5);
}

TEST_CASE("with_scope: a named block, a handle awaited inside, and a reference as the value") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        int sum = 0;
        auto block = [&sum, own = std::make_unique<int>(100)](coil::scope& s) -> task<int&> {
            auto h = s.spawn(after(1ms, 1));
            sum += co_await h;
            sum += co_await s.spawn(after(1ms, 2), {.name = "x"});
            sum += *own;
            co_return sum;
        };
        int& same = co_await coil::with_scope(block);
        co_return &same == &sum ? sum : 0;
    }());
    w.exec.advance(10ms);
    CHECK(*r->value == 103);
}

TEST_CASE("with_scope: the first failure stops the other tasks and the block, and is thrown") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "a", 1h));
            s.spawn(fails_after(1ms, "first"));
            s.spawn(notes(o, "b", 1h));
            co_await notes(o, "block", 1h);
        });
    }(order));
    w.exec.advance(1ms);
    CHECK(r->what() == "first");
    CHECK(order.find("(block)") != std::string::npos);
    CHECK(order.find("(a)(b)") != std::string::npos);
    CHECK(w.exec.timers() == 0);
}

// The one that failed is a member still while the scope stops its members.
TEST_CASE("with_scope: a task that fails is not told to stop by its own token; its siblings are") {
    by_hand::world w;
    bool told = false, sibling_told = false;
    std::optional<std::stop_callback<std::function<void()>>> own, of_sibling;
    auto fails = [&]() -> task<> {
        own.emplace(coil::this_task::stop_token(), [&] { told = true; });
        co_await coil::sleep_for(1ms);
        throw std::runtime_error("first");
    };
    auto waits = [&]() -> task<> {
        of_sibling.emplace(coil::this_task::stop_token(), [&] { sibling_told = true; });
        co_await coil::sleep_for(1h);
    };
    auto both = [&](coil::scope& s) -> task<> {
        s.spawn(fails());
        s.spawn(waits());
        co_await coil::sleep_for(1h);
    };
    auto all = [&]() -> task<> { co_await coil::with_scope(both); };
    auto r = w.run(all());
    w.exec.advance(1ms);
    CHECK(r->what() == "first");
    CHECK(sibling_told);
    CHECK_FALSE(told);
}

TEST_CASE("with_scope: a failure of the block stops the tasks and is thrown when they have ended") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "a", 1h));
            s.spawn(coil::shield(notes(o, "shielded", 5ms)));
            co_await coil::sleep_for(1ms);
            throw std::runtime_error("block");
        });
    }(order));
    w.exec.advance(1ms);
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(r->what() == "block");
    CHECK(order == "(a)shielded");
}

TEST_CASE("with_scope: of several errors the first in time is thrown, later ones are suppressed once") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto late = [](const char* text) -> task<> {
        try {
            co_await coil::sleep_for(1h);
        } catch (const coil::cancelled&) {
            throw std::runtime_error(text);
        }
    };
    auto r = w.run([](auto& later) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(later("second"));
            s.spawn(fails_after(1ms, "first"));
            auto kept = s.spawn(later("kept in its handle"));
            co_await later("block");
        });
    }(late));
    w.exec.advance(1ms);
    CHECK(r->what() == "first");
    auto texts = suppressed.texts();
    std::sort(texts.begin(), texts.end());
    CHECK(texts == std::vector<std::string>{"block", "kept in its handle", "second"});
}

TEST_CASE("with_scope: an error that the block got from a handle and let go is thrown once") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto r = w.run([]() -> task<> {
        co_await coil::with_scope([](coil::scope& s) -> task<> { co_await s.spawn(fails_after(1ms, "the one")); });
    }());
    w.exec.advance(1ms);
    CHECK(r->what() == "the one");
    CHECK(suppressed.texts().empty());
    CHECK(w.owner.unclaimed_errors.empty());
}

TEST_CASE("with_scope: a block that waits for the task that fails hears its error, and is stopped afterwards") {
    by_hand::world w;
    std::string seen;
    auto r = w.run([](std::string& to) -> task<> {
        co_await coil::with_scope([&to](coil::scope& s) -> task<> {
            auto h = s.spawn(fails_after(1ms, "the one"));
            try {
                co_await std::move(h);
            } catch (const std::runtime_error& e) {
                to = e.what();
            }
            co_await notes(to, "!");
        });
    }(seen));
    w.exec.advance(5ms);
    CHECK(seen == "the one(!)");
    CHECK(r->what() == "the one");
}

TEST_CASE("with_scope stopped while the block waits: block and tasks are stopped, cancelled travels on") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "a", 1h));
            s.spawn(coil::shield(notes(o, "shielded", 5ms)));
            co_await notes(o, "block", 1h);
        });
    }(order));
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(order == "(block)(a)shielded");
    CHECK(r->stopped);
}

TEST_CASE("with_scope stopped while it joins: the tasks are stopped and waited for") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "a", 1h));
            s.spawn(coil::shield(notes(o, "shielded", 5ms)));
            co_return;
        });
    }(order));
    r->handle.cancel();
    w.exec.drain();
    CHECK(order == "(a)");
    w.exec.advance(5ms);
    CHECK(order == "(a)shielded");
    CHECK(r->stopped);
}

TEST_CASE("with_scope under a deadline: its tasks are stopped with it") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        auto block = [&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "a", 1h));
            co_return;
        };
        co_await coil::timeout(5ms, coil::with_scope(block));
    }(order));
    w.exec.advance(5ms);
    CHECK(r->failed_with<coil::timed_out>());
    CHECK(order == "(a)");
}

TEST_CASE("with_scope stopped before: what the block spawns meets the stop with it") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await by_hand::stop_myself();
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "a", 1h));
            o += "block ";  // awaiting a task is no check
            co_return;
        });
    }(order));
    w.exec.drain();
    CHECK(order == "block ");
    CHECK(r->stopped);
    auto never = w.run_stopped([](std::string& o) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "never"));
            co_return;
        });
    }(order));
    CHECK_FALSE(never->ended);
    CHECK(order == "block ");
}

TEST_CASE("with_scope stopped after completion keeps its value, and works during unwinding") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<int> {
        auto block = [&](coil::scope& s) -> task<int> {
            s.spawn(notes(o, "a"));
            co_return 4;
        };
        const int v = co_await coil::with_scope(block);
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        co_return v + (unwinding ? co_await coil::shield(coil::with_scope(block)) : 0);
    }(order));
    w.exec.advance(10ms);
    CHECK(*r->value == 8);
    CHECK(order == "aa");
}

TEST_CASE("scope::cancel stops the tasks, now and to come, and is no failure") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<int> {
        co_return co_await coil::with_scope([&](coil::scope& s) -> task<int> {
            s.spawn(notes(o, "a", 1h));
            co_await coil::yield();
            s.cancel("enough");
            auto h = s.spawn(notes(o, "b", 1h));
            co_await coil::yield();  // the block goes on
            CHECK(h.state() == coil::task_state::cancelled);
            co_return 1;
        });
    }(order));
    CHECK(*r->value == 1);
    CHECK(order == "(a)");
}

TEST_CASE("a scope as a member: join waits, close stops and joins, either throws the failure once") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        coil::scope s;
        s.spawn(notes(o, "a"));
        co_await s.join();
        o += " joined ";
        s.spawn(notes(o, "b", 1h));
        s.spawn(fails_after(1ms, "failed"));
        co_await coil::sleep_for(2ms);
        CHECK(s.size() == 0);  // the failure has stopped the other
        std::string what;
        try {
            co_await s.join();
        } catch (const std::runtime_error& e) {
            what = e.what();
        }
        CHECK(what == "failed");
        s.spawn(notes(o, "c"));
        co_await s.close();
        o += " closed";
    }(order));
    w.exec.advance(10ms);
    CHECK(r->value.has_value());
    CHECK(order == "a joined (b) closed");
}

TEST_CASE("scope::close works in a stopped task, and what it waits for is waited for") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        coil::scope s;
        s.spawn(coil::shield(notes(o, "shielded", 5ms)));
        s.spawn(notes(o, "a", 1h));
        auto body = []() -> task<> { co_await coil::sleep_for(1h); };
        co_await coil::finally(body(), s.close());
    }(order));
    r->handle.cancel();
    w.exec.drain();
    CHECK(order == "(a)");
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(order == "(a)shielded");
    CHECK(r->stopped);
}

TEST_CASE("scope::join and close: stopped before, while waiting, after completion, never begun, during unwinding") {
    by_hand::world w;
    std::string order;
    auto before = w.run([](std::string& o) -> task<> {
        coil::scope s;
        s.spawn(notes(o, "a", 1h));
        co_await coil::yield();
        co_await by_hand::stop_myself();
        co_await s.join();
    }(order));
    CHECK(before->stopped);
    CHECK(order == "(a)");

    order.clear();
    auto waiting = w.run([](std::string& o) -> task<> {
        coil::scope s;
        s.spawn(notes(o, "b", 1h));
        co_await s.join();
    }(order));
    waiting->handle.cancel();
    w.exec.drain();
    CHECK(waiting->stopped);
    CHECK(order == "(b)");

    order.clear();
    auto after_it = w.run([](std::string& o) -> task<int> {
        coil::scope s;
        s.spawn(notes(o, "c"));
        co_await s.join();
        co_await by_hand::stop_myself();
        // unwinding, say
        s.spawn(notes(o, "d", 1h));
        co_await s.close();
        co_return 1;
    }(order));
    w.exec.advance(1ms);
    CHECK(*after_it->value == 1);
    CHECK(order == "c");

    auto never = w.run_stopped([]() -> task<> {
        coil::scope s;
        co_await s.join();
    }());
    CHECK_FALSE(never->ended);
}

TEST_CASE("a scope's daemons are stopped once its other tasks have ended") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await coil::with_scope([&](coil::scope& s) -> task<> {
            s.spawn(notes(o, "daemon", 1h), {.daemon = true});
            s.spawn(notes(o, "task "));
            co_return;
        });
    }(order));
    w.exec.advance(1ms);
    CHECK(r->value.has_value());
    CHECK(order == "task (daemon)");
}

TEST_CASE("a second task that joins a scope is refused") {
    by_hand::world w;
    std::string order;
    coil::scope s;
    auto first = w.run([](coil::scope& x, std::string& o) -> task<> {
        x.spawn(notes(o, "a"));
        co_await x.join();
    }(s, order));
    auto second = w.run([](coil::scope& x) -> task<> { co_await x.join(); }(s));
    CHECK(second->failed_with<std::logic_error>());
    w.exec.advance(1ms);
    CHECK(first->value.has_value());
}

TEST_CASE("a scope's failure that nobody asked for is suppressed, not lost") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto r = w.run([]() -> task<> {
        coil::scope s;
        s.spawn(fails_after(1ms, "unheard"));
        co_await coil::sleep_for(2ms);
    }());
    w.exec.advance(10ms);
    CHECK(r->value.has_value());
    CHECK(suppressed.texts() == std::vector<std::string>{"unheard"});
}

TEST_CASE("a handle may outlive its scope, with its error") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto r = w.run([]() -> task<> {
        coil::join_handle<> kept;
        try {
            co_await coil::with_scope([&](coil::scope& s) -> task<> {
                kept = s.spawn(fails_after(1ms, "both"));
                co_return;
            });
        } catch (const std::runtime_error&) {
        }
        co_await coil::yield();
    }());
    w.exec.advance(1ms);
    CHECK(r->value.has_value());
    CHECK(suppressed.texts().empty());  // the scope threw that very error
}

TEST_CASE("a scope with tasks on the pool: failures and stops cross threads") {
    coil::thread_pool pool(2);
    for (int round = 0; round != 200; ++round) {
        by_hand::world w;
        std::atomic<int> ended = 0;
        auto r = w.start([](coil::thread_pool& p, std::atomic<int>& n, int i) -> task<> {
            co_await coil::with_scope([&](coil::scope& s) -> task<> {
                auto child = [](std::atomic<int>& count) -> task<> {
                    const auto end = [&] { ++count; };
                    try {
                        for (;;) co_await coil::yield();
                    } catch (const coil::cancelled&) {
                        end();
                        throw;
                    }
                };
                for (int k = 0; k != 4; ++k) s.spawn_on(p, child(n));
                auto bad = [](int yields) -> task<> {
                    for (int k = 0; k != yields; ++k) co_await coil::yield();
                    throw std::runtime_error("bad");
                };
                if (i % 2 == 0) s.spawn_on(p, bad(i % 7));
                else throw std::runtime_error("bad");
                for (;;) co_await coil::yield();
            });
        }(pool, ended, round));
        while (!r->ended) w.exec.drain();
        w.exec.drain();
        CHECK(r->what() == "bad");
    }
}

TEST_CASE("a scope destroyed with a live task ends the process with a sentence that says what to do") {
    const auto [status, said] = in_a_child([] {
        by_hand::world w;
        std::string order;
        coil::scope s;
        auto r = w.run([](coil::scope& x, std::string& o) -> task<> {
            x.spawn(notes(o, "a", 1h));
            co_return;
        }(s, order));
    });
    CHECK(WIFSIGNALED(status));
    CHECK(said.find("close() before") != std::string::npos);
}
