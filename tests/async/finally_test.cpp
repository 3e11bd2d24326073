// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/finally.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<> notes(std::string& s, const char* what) {
    co_await coil::sleep_for(1ms);
    s += what;
}
task<std::unique_ptr<int>> pointer() {
    co_await coil::yield();
    co_return std::make_unique<int>(3);
}
task<> fails(const char* text) {
    co_await coil::yield();
    throw std::runtime_error(text);
}
std::string global;
task<std::string&> reference() { co_return global; }

}  // namespace

TEST_CASE("finally runs the cleanup after a value, and gives that value") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<int> {
        const auto p = co_await coil::finally(pointer(), notes(o, "cleaned"));
        std::string& s = co_await coil::finally(reference(), coil::yield());
        co_await coil::finally(coil::sleep_for(1ms), notes(o, " again"));
        co_return &s == &global ? *p : 0;
    }(order));
    w.exec.advance(10ms);
    CHECK(*r->value == 3);
    CHECK(order == "cleaned again");
}

TEST_CASE("finally runs the cleanup after an error, and the error travels on") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> { co_await coil::finally(fails("body"), notes(o, "cleaned")); }(order));
    w.exec.advance(10ms);
    CHECK(r->what() == "body");
    CHECK(order == "cleaned");
}

TEST_CASE("finally: the body's error wins, the cleanup's is suppressed; alone it is thrown") {
    by_hand::world w;
    const by_hand::suppressed_errors suppressed;
    auto both = w.run([]() -> task<> { co_await coil::finally(fails("body"), fails("cleanup")); }());
    CHECK(both->what() == "body");
    CHECK(suppressed.texts() == std::vector<std::string>{"cleanup"});
    auto alone = w.run([]() -> task<> { co_await coil::finally(pointer(), fails("cleanup")); }());
    CHECK(alone->what() == "cleanup");
    CHECK(suppressed.texts().size() == 1);
}

TEST_CASE("finally stopped while waiting: the cleanup runs shielded, then cancelled travels on") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await coil::finally(coil::sleep_for(1h), notes(o, "cleaned"));
    }(order));
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);
    w.exec.advance(1ms);
    CHECK(order == "cleaned");
    CHECK(r->stopped);
}

TEST_CASE("finally stopped before: the body meets the stop, the cleanup runs all the same") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        co_await by_hand::stop_myself();
        co_await coil::finally(notes(o, "body "), notes(o, "cleaned"));
    }(order));
    w.exec.advance(10ms);
    CHECK(order == "cleaned");
    CHECK(r->stopped);
}

TEST_CASE("finally stopped while cleaning up: the cleanup ends, and so does what was a value") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<int> {
        co_return *co_await coil::finally(pointer(), notes(o, "cleaned"));
    }(order));
    r->handle.cancel();
    w.exec.advance(1ms);
    CHECK(order == "cleaned");
    CHECK(*r->value == 3);
}

TEST_CASE("finally in a task that never began, or that nobody awaits, runs neither") {
    by_hand::world w;
    std::string order;
    auto never = w.run_stopped([](std::string& o) -> task<> {
        co_await coil::finally(coil::yield(), notes(o, "cleaned"));
    }(order));
    CHECK_FALSE(never->ended);
    { auto unused = coil::finally(notes(order, "body"), notes(order, "cleaned")); }
    CHECK(order.empty());
}

TEST_CASE("finally inside a deadline and during unwinding") {
    by_hand::world w;
    std::string order;
    auto r = w.run([](std::string& o) -> task<> {
        auto inner = [](std::string& x) -> task<> {
            co_await coil::finally(coil::finally(coil::sleep_for(1h), notes(x, "inner ")), notes(x, "outer"));
        };
        co_await coil::timeout(5ms, inner(o));
    }(order));
    w.exec.advance(5ms);
    CHECK_FALSE(r->ended);
    w.exec.advance(5ms);
    CHECK(order == "inner outer");
    CHECK(r->failed_with<coil::timed_out>());
}
