// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/bracket.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using coil::task;

namespace {

std::string order;

class noted {
public:
    explicit noted(const char* name) noexcept : name_(name) {}
    void open(coil::branch&) noexcept { order.append("(").append(name_); }
    void close() noexcept { order.append(name_).append(")"); }

private:
    const char* name_;
};

template <class Inner>
class in_bracket : public coil::bracket<Inner, noted> {
    using base = coil::bracket<Inner, noted>;

public:
    in_bracket(Inner&& inner, const char* name) : base(std::move(inner), name) {}
    in_bracket(in_bracket&&) = default;
    decltype(auto) await_resume() {
        const typename base::closing close(*this);
        return this->inner_.await_resume();
    }
};

template <class A>
auto bracketed(const char* name, A&& a) {
    return in_bracket<coil::awaiter_of<A>>(coil::as_awaiter(std::forward<A>(a)), name);
}

enum class when { ready, suspend };

// Foreign awaiters may throw where those of coil do not.
class throws_in {
public:
    explicit throws_in(when w) noexcept : when_(w) {}
    throws_in(throws_in&& other) noexcept = default;
    void attach(coil::branch&) noexcept {}
    bool await_ready() {
        if (when_ == when::ready) throw std::runtime_error("ready");
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) { throw std::runtime_error("suspend"); }
    void await_resume() {}

private:
    when when_;
};

task<> notes(const char* what) {
    order += what;
    co_await coil::yield();
    order += what;
}

}  // namespace

TEST_CASE("a bracket opens before what it awaits begins and closes after it has ended; brackets nest") {
    by_hand::world w;
    order.clear();
    w.run([]() -> task<> {
        co_await bracketed("a", bracketed("b", notes("-")));
        order += ".";
        co_await bracketed("c", coil::yield());
    }());
    CHECK(order == "(a(b--b)a).(cc)");
}

TEST_CASE("a bracket closes when what it awaits throws, at the end or on the way in") {
    by_hand::world w;
    order.clear();
    auto at_end = w.run([]() -> task<> {
        auto body = []() -> task<> {
            co_await coil::yield();
            throw std::runtime_error("at the end");
        };
        co_await bracketed("a", body());
    }());
    CHECK(at_end->what() == "at the end");
    auto ready = w.run([]() -> task<> { co_await bracketed("b", throws_in(when::ready)); }());
    CHECK(ready->what() == "ready");
    CHECK(order == "(aa)(bb)");
}

TEST_CASE("a bracket whose inner await_suspend throws passes that on, closed") {
    coil::branch b;
    order.clear();
    auto a = bracketed("a", throws_in(when::suspend));
    a.attach(b);
    CHECK_FALSE(a.await_ready());
    CHECK_THROWS_WITH_AS((void)a.await_suspend(std::noop_coroutine()), "suspend", std::runtime_error);
    CHECK(order == "(aa)");
}
