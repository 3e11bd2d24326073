// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/from_callback.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

using namespace std::chrono_literals;
using coil::resolver;
using coil::task;

namespace {

task<int> takes(std::optional<resolver<int>>& later) {
    co_return co_await coil::from_callback<int>([&](resolver<int> r) { later = r; });
}

struct throws_when_made {
    explicit throws_when_made(int) { throw std::runtime_error("made badly"); }
    throws_when_made(throws_when_made&&) = default;
};

}  // namespace

TEST_CASE("from_callback gives the value, resolved at once or later, move-only and void too") {
    by_hand::world w;
    auto at_once = w.run([]() -> task<int> {
        co_return co_await coil::from_callback<int>([](resolver<int> r) { CHECK(r.set_value(3)); });
    }());
    CHECK(*at_once->value == 3);

    std::optional<resolver<int>> later;
    auto waits = w.run(takes(later));
    CHECK_FALSE(waits->ended);
    CHECK((*later)(4));  // it is the callback itself
    CHECK_FALSE(waits->ended);  // nobody is resumed inside the call
    w.exec.drain();
    CHECK(*waits->value == 4);

    auto pointer = w.run([]() -> task<int> {
        using value = std::unique_ptr<int>;
        co_return *co_await coil::from_callback<value>([](resolver<value> r) { r.set_value(std::make_unique<int>(5)); });
    }());
    CHECK(*pointer->value == 5);
    auto nothing = w.run([]() -> task<> {
        co_await coil::from_callback<void>([](resolver<void> r) { r.set_value(); });
        std::function<void(resolver<void>)> named = [](const resolver<void>& r) { r(); };
        co_await coil::from_callback<void>(named);
    }());
    CHECK(nothing->value.has_value());
}

TEST_CASE("from_callback: an error, a code, an exception from start, a value that cannot be made") {
    by_hand::world w;
    std::optional<resolver<int>> later;
    auto error = w.run(takes(later));
    CHECK(later->set_error(std::make_exception_ptr(std::runtime_error("called back"))));
    w.exec.drain();
    CHECK(error->what() == "called back");

    auto code = w.run(takes(later));
    CHECK(later->set_error(std::make_error_code(std::errc::connection_refused), "connect"));
    w.exec.drain();
    CHECK(code->failed_with<std::system_error>());

    auto start = w.run([](std::optional<resolver<int>>& r) -> task<> {
        (void)co_await coil::from_callback<int>([&](resolver<int> given) {
            r = given;
            throw std::runtime_error("start");
        });
    }(later));
    CHECK(start->what() == "start");
    CHECK_FALSE(later->set_value(1));  // too late, and harmless

    auto made = w.run([]() -> task<> {
        (void)co_await coil::from_callback<throws_when_made>([](resolver<throws_when_made> r) { r.set_value(1); });
    }());
    CHECK(made->what() == "made badly");
}

TEST_CASE("a resolver resolves once; the second call says so and changes nothing") {
    by_hand::world w;
    std::optional<resolver<int>> later;
    auto r = w.run(takes(later));
    resolver<int> copy = *later;
    CHECK(copy.set_value(1));
    CHECK_FALSE(later->set_value(2));
    CHECK_FALSE(later->set_error(std::make_exception_ptr(std::runtime_error("no"))));
    w.exec.drain();
    CHECK(*r->value == 1);
    CHECK_FALSE(copy.set_value(3));
}

TEST_CASE("a resolver dropped unresolved is a broken promise, not a hang; copies keep it") {
    by_hand::world w;
    auto at_once = w.run([]() -> task<int> { co_return co_await coil::from_callback<int>([](resolver<int>) {}); }());
    CHECK(at_once->failed_with<std::future_error>());
    std::optional<resolver<int>> later;
    auto waits = w.run(takes(later));
    std::optional<resolver<int>> copy = later;
    later.reset();
    w.exec.drain();
    CHECK_FALSE(waits->ended);
    resolver<int> moved = std::move(*copy);
    copy.reset();  // moved from: it keeps nothing
    w.exec.drain();
    CHECK_FALSE(waits->ended);
    std::optional<resolver<int>>(std::move(moved)).reset();
    w.exec.drain();
    CHECK(waits->failed_with<std::future_error>());
}

TEST_CASE("from_callback stopped while waiting ends as cancelled; resolving later is harmless") {
    by_hand::world w;
    std::optional<resolver<int>> later;
    auto r = w.run(takes(later));
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->stopped);
    CHECK_FALSE(later->set_value(1));
    later.reset();
    auto late = w.run([](std::optional<resolver<int>>& x) -> task<> { co_await coil::timeout(5ms, takes(x)); }(later));
    w.exec.advance(5ms);
    CHECK(late->failed_with<coil::timed_out>());
    CHECK_FALSE(later->set_value(1));
}

TEST_CASE("from_callback stopped after it was resolved keeps the value") {
    by_hand::world w;
    std::optional<resolver<int>> later;
    auto r = w.run(takes(later));
    later->set_value(6);
    r->handle.cancel();
    w.exec.drain();
    CHECK(*r->value == 6);
}

TEST_CASE("from_callback stopped before, or never begun, does not call start; during unwinding it works") {
    by_hand::world w;
    int calls = 0;
    auto before = w.run([](int& n) -> task<> {
        co_await by_hand::stop_myself();
        (void)co_await coil::from_callback<int>([&](resolver<int> r) {
            ++n;
            r(1);
        });
    }(calls));
    CHECK(before->stopped);
    auto never = w.run_stopped([](int& n) -> task<> {
        (void)co_await coil::from_callback<int>([&](resolver<int> r) {
            ++n;
            r(1);
        });
    }(calls));
    CHECK_FALSE(never->ended);
    CHECK(calls == 0);
    std::optional<resolver<int>> later;
    auto unwinds = w.run([](std::optional<resolver<int>>& x) -> task<int> {
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        co_return unwinding ? co_await coil::shield(takes(x)) : 0;
    }(later));
    later->set_value(7);
    w.exec.drain();
    CHECK(*unwinds->value == 7);
}

TEST_CASE("from_callback: resolving on another thread, dropping and stopping race and one of them ends it") {
    for (int round = 0; round != 300; ++round) {
        by_hand::world w;
        std::optional<resolver<int>> later;
        auto r = w.run(takes(later));
        std::atomic<bool> go = false;
        std::thread other([&go, mine = std::move(*later), round] {
            while (!go) {}
            if (round % 3 != 0) mine.set_value(round);
        });
        later.reset();
        go = true;
        if (round % 2 == 0) r->handle.cancel();
        while (!r->ended) w.exec.drain();
        other.join();
        w.exec.drain();
        const bool resolved = r->value && *r->value == round;
        CHECK((resolved || r->stopped || r->failed_with<std::future_error>()));
        if (round % 2 == 1) CHECK_FALSE(r->stopped);
        if (round % 3 == 0) CHECK_FALSE(resolved);
    }
}
