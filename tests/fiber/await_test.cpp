// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/fiber/await.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/generator.hpp>
#include <coil/runtime/fiber/fiber.hpp>

#include "../async/by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using coil::task;

namespace {

task<int> at_once(int v) { co_return v; }
task<std::unique_ptr<int>> owner(int v) {
    co_await coil::yield();
    co_return std::make_unique<int>(v);
}
task<int&> reference(int& v) {
    co_await coil::yield();
    co_return v;
}
task<> fails() {
    co_await coil::yield();
    throw std::runtime_error("the child");
}

struct ready_by_itself {
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    int await_resume() const noexcept { return 5; }
};
// Not coil's: resumed by hand.
struct foreign {
    std::coroutine_handle<>* waiting;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) const noexcept { *waiting = h; }
    int await_resume() const noexcept { return 6; }
};
struct refuses_to_suspend {
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    int await_resume() const noexcept { return 7; }
};
struct throws_in_suspend {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const { throw std::domain_error("no suspension"); }
    void await_resume() const noexcept {}
};
coil::async_generator<int> counts() {
    for (int i = 1; i != 4; ++i) {
        co_await coil::yield();
        co_yield i;
    }
}
coil::generator<int> squares() {
    for (int i = 1; i != 4; ++i)
        co_yield coil::await(at_once(i * i));
}

template <class F>
std::string line_of_misuse(F&& f) {
    try {
        f();
    } catch (const std::logic_error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("everything that can be awaited in a coroutine can be awaited in a fiber") {
    by_hand::world w;
    std::coroutine_handle<> waiting;
    int sum = 0;
    auto body = [&] {
        sum += coil::await(at_once(1));
        sum += *coil::await(owner(10));
        int target = 0;
        int& r = coil::await(reference(target));
        CHECK(&r == &target);
        auto t = at_once(100);
        sum += coil::await(std::move(t));
        coil::await(coil::yield());
        auto h = coil::spawn(at_once(1000));
        sum += coil::await(h);
        auto handled = coil::await(coil::as_result(at_once(10'000)));
        sum += *handled;
        auto g = counts();
        while (std::optional<int> v = coil::await(g.next()))
            sum += *v;
        for (int s : squares())
            sum += s;
        sum += coil::await(ready_by_itself());
        foreign f{&waiting};
        sum += coil::await(f);
        sum += coil::await(refuses_to_suspend());
    };
    auto r = w.run(coil::fiber(body));
    CHECK(r->what() == "still running");
    REQUIRE(waiting);
    waiting.resume();
    w.exec.drain();
    CHECK(r->what() == "value");
    CHECK(sum == 1 + 10 + 100 + 1000 + 10'000 + 6 + 14 + 5 + 6 + 7);
}

TEST_CASE("what is awaited throws at the await, also out of its await_suspend") {
    by_hand::world w;
    std::string caught;
    auto note = [&caught](auto&& f) {
        try {
            f();
        } catch (const std::exception& e) {
            caught += std::string(e.what()) + ";";
        }
    };
    auto body = [&] {
        note([] { coil::await(fails()); });
        note([] { coil::await(throws_in_suspend()); });
    };
    auto r = w.run(coil::fiber(body));
    CHECK(r->what() == "value");
    CHECK(caught == "the child;no suspension;");
}

TEST_CASE("an await outside of a fiber is refused at its line: on a plain thread, in a coroutine, in a task below a fiber") {
    const std::string plain = line_of_misuse([] { coil::await(coil::yield()); });
    CHECK(plain.find("await_test.cpp:") != std::string::npos);
    CHECK(plain.find("outside of a fiber") != std::string::npos);

    by_hand::world w;
    auto coroutine = []() -> task<> {
        coil::await(coil::yield());
        co_return;
    };
    CHECK(w.run(coroutine())->failed_with<std::logic_error>());
    auto below = [&] { coil::await(coroutine()); };
    CHECK(w.run(coil::fiber(below))->failed_with<std::logic_error>());
    // and the fiber itself is one still
    auto still = [&] {
        try {
            coil::await(coroutine());
        } catch (const std::logic_error&) {
            coil::await(coil::yield());
        }
    };
    CHECK(w.run(coil::fiber(still))->what() == "value");
}

TEST_CASE("what is ready costs no switch") {
    by_hand::world w;
    int turns = 0;
    auto other = [&turns]() -> task<> {
        for (int i = 0; i != 10; ++i) {
            ++turns;
            co_await coil::yield();
        }
    };
    auto body = [&] {
        for (int i = 0; i != 1000; ++i)
            CHECK(coil::await(ready_by_itself()) == 5);
        CHECK(turns == 0);
    };
    auto f = w.start(coil::fiber(body));
    auto t = w.start(other());
    w.exec.drain();
    CHECK(f->what() == "value");
    CHECK(turns == 10);
}

TEST_CASE("a chain of children that end at once takes no more stack, and others have their turn") {
    by_hand::world w;
    long sum = 0;
    bool other_had_a_turn = false;
    auto other = [&]() -> task<> {
        other_had_a_turn = sum < 200'000;
        co_return;
    };
    auto body = [&] {
        for (int i = 0; i != 200'000; ++i)
            sum += coil::await(at_once(1));
    };
    auto f = w.start(coil::fiber(body));
    auto t = w.start(other());
    w.exec.drain();
    CHECK(sum == 200'000);
    CHECK(other_had_a_turn);
}

TEST_CASE("the place of an await is known while it lasts") {
    by_hand::world w;
    coil::fiber_core* self = nullptr;
    std::uint32_t line = 0;
    auto body = [&] {
        self = coil::fiber_core::running();
        line = coil::place::current().line() + 1;
        coil::await(coil::sleep_for(1s));
    };
    auto r = w.start(coil::fiber(body));
    w.exec.drain();
    REQUIRE(self);
    CHECK(self->promise().where().line() == line);
    w.exec.advance(2s);
    CHECK(r->ended);
}

TEST_CASE("another thread answers, the fiber goes on at home") {
    by_hand::world w;
    std::thread helper;
    const auto home = std::this_thread::get_id();
    auto body = [&] {
        auto start = [&](coil::resolver<int> r) { helper = std::thread([r]() mutable { r(42); }); };
        CHECK(coil::await(coil::from_callback<int>(start)) == 42);
        CHECK(std::this_thread::get_id() == home);
    };
    auto r = w.start(coil::fiber(body));
    while (!r->ended) {
        w.exec.drain();
        std::this_thread::yield();
    }
    helper.join();
}
