// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/as_result.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/task_local.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<std::unique_ptr<int>> pointer() {
    co_await coil::yield();
    co_return std::make_unique<int>(1);
}
task<int> reset() {
    co_await coil::yield();
    throw std::system_error(std::make_error_code(std::errc::connection_reset), "read 127.0.0.1:80");
}
task<int> wrong() {
    co_await coil::yield();
    throw std::out_of_range("not the system's");
}
std::string named = "named";
task<std::string&> reference() { co_return named; }

int thrown = 0;

// An operation as those of the ring are: it can give its outcome without a throw.
class failing_operation {
public:
    failing_operation() noexcept {}
    failing_operation(failing_operation&&) noexcept {}
    void attach(coil::branch&) noexcept {}
    bool await_ready() const noexcept { return true; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const noexcept { return h; }
    int await_resume() const {
        ++thrown;
        throw std::system_error(std::make_error_code(std::errc::broken_pipe), "write pipe");
    }
    coil::result<int> await_result() const {
        return coil::result<int>(coil::error(std::make_error_code(std::errc::broken_pipe), "write pipe"));
    }
};

}  // namespace

TEST_CASE("as_result gives a value, a system error as a value, and lets every other error pass") {
    by_hand::world w;
    auto r = w.run([]() -> task<std::string> {
        auto good = co_await coil::as_result(pointer());
        if (!good.has_value() || **good != 1) co_return "the value is lost";
        auto bad = co_await coil::as_result(reset());
        if (bad) co_return "the error is lost";
        if (bad.error() != std::errc::connection_reset) co_return "another error";
        auto nothing = co_await coil::as_result(coil::yield());
        if (!nothing) co_return "void failed";
        auto referred = co_await coil::as_result(reference());
        if (&referred->get() != &named) co_return "another object";
        co_return bad.error().message();
    }());
    CHECK(*r->value == "read 127.0.0.1:80: Connection reset by peer");
    auto passes = w.run([]() -> task<> { (void)co_await coil::as_result(wrong()); }());
    CHECK(passes->failed_with<std::out_of_range>());
}

TEST_CASE("as_result of an operation throws nothing inside, also through timeout, shield and task_local") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        coil::task_local<int> local;
        thrown = 0;
        int right = 0;
        auto plain = co_await coil::as_result(failing_operation());
        right += !plain && plain.error() == std::errc::broken_pipe;
        auto timed = co_await coil::as_result(coil::timeout(1s, failing_operation()));
        right += !timed && timed.error() == std::errc::broken_pipe;
        auto shielded = co_await coil::as_result(coil::shield(failing_operation()));
        right += !shielded && shielded.error() == std::errc::broken_pipe;
        failing_operation by_name;
        auto bound = co_await coil::as_result(local.with(1, by_name));
        right += !bound && bound.error() == std::errc::broken_pipe;
        co_return right;
    }());
    CHECK(*r->value == 4);
    CHECK(thrown == 0);
}

TEST_CASE("as_result: a deadline is an error like others; it keeps its type when it is thrown again") {
    by_hand::world w;
    auto r = w.run([]() -> task<> {
        auto late = co_await coil::as_result(coil::timeout(5ms, coil::sleep_for(1h)));
        CHECK(late.error() == std::errc::timed_out);
        late.error().rethrow();
    }());
    w.exec.advance(5ms);
    CHECK(r->failed_with<coil::timed_out>());
}

TEST_CASE("as_result lets cancelled pass: stopped before, while waiting, never begun") {
    by_hand::world w;
    auto before = w.run([]() -> task<> {
        co_await by_hand::stop_myself();
        (void)co_await coil::as_result(coil::yield());
    }());
    CHECK(before->stopped);
    auto waiting = w.run([]() -> task<> { (void)co_await coil::as_result(coil::sleep_for(1h)); }());
    waiting->handle.cancel();
    w.exec.drain();
    CHECK(waiting->stopped);
    auto never = w.run_stopped([]() -> task<> { (void)co_await coil::as_result(coil::yield()); }());
    CHECK_FALSE(never->ended);
}

TEST_CASE("as_result stopped after completion keeps its value, and works during unwinding") {
    by_hand::world w;
    auto r = w.run([]() -> task<int> {
        auto v = co_await coil::as_result(pointer());
        co_await by_hand::stop_myself();
        bool unwinding = false;
        try {
            co_await coil::yield();
        } catch (const coil::cancelled&) {
            unwinding = true;
        }
        auto e = co_await coil::shield(coil::as_result(reset()));
        co_return unwinding && !e ? **v : 0;
    }());
    CHECK(*r->value == 1);
}
