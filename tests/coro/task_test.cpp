// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "gates.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using coil::task;

task<int> seven() { co_return 7; }
task<> nothing() { co_return; }

task<std::unique_ptr<int>> owned_int(int v) { co_return std::make_unique<int>(v); }
task<int&> reference_to(int& v) { co_return v; }
task<const std::string&> constant(const std::string& s) { co_return s; }

struct unmovable {
    explicit unmovable(int v) : value(v) {}
    unmovable(unmovable&&) = delete;
    int value;
};

TEST_CASE("a task does nothing until it is awaited") {
    bool ran = false;
    auto body = [&]() -> task<> {
        ran = true;
        co_return;
    };
    {
        task<> t = body();
        CHECK(t);
        CHECK_FALSE(ran);
    }
    CHECK_FALSE(ran);
    run_by_hand(body());
    CHECK(ran);
}

TEST_CASE("a task returns a value, a reference, a thing that can only be moved, or nothing") {
    static_assert(std::is_same_v<task<int&>::value_type, int&>);
    int place = 1;
    const std::string text = "kept";
    auto body = [&]() -> task<std::string> {
        const int v = co_await seven();
        co_await nothing();
        const std::unique_ptr<int> p = co_await owned_int(3);
        int& r = co_await reference_to(place);
        r = 5;
        const std::string& c = co_await constant(text);
        const bool same = &c == &text;
        co_return std::to_string(v) + std::to_string(*p) + (same ? "same" : "other");
    };
    CHECK(run_by_hand(body()) == "73same");
    CHECK(place == 5);
}

TEST_CASE("a value is converted as by its constructor") {
    auto text = []() -> task<std::string> { co_return "literal"; };
    auto optional = []() -> task<std::optional<int>> { co_return std::nullopt; };
    auto braces = []() -> task<std::pair<int, int>> { co_return {1, 2}; };
    CHECK(run_by_hand(text()) == "literal");
    CHECK_FALSE(run_by_hand(optional()).has_value());
    CHECK(run_by_hand(braces()) == std::pair(1, 2));
}

TEST_CASE("a result ends exactly once, and is moved, never copied") {
    counted::reset();
    auto make = [](int v) -> task<counted> { co_return counted(v); };
    auto body = [&]() -> task<int> {
        const counted c = co_await make(4);
        co_return c.value;
    };
    CHECK(run_by_hand(body()) == 4);
    CHECK(counted::living == 0);
    CHECK(counted::copies == 0);
    CHECK(counted::mistakes == 0);

    counted::reset();
    auto dropped = [&]() -> task<> { (void)co_await make(4); };
    run_by_hand(dropped());
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("a result that nobody takes ends with its task") {
    counted::reset();
    coil::manual_executor home;
    noting_owner owner;
    {
        spawned h(home, owner, []() -> task<counted> { co_return counted(1); }());
        h.start();
        home.drain();
        CHECK(counted::living == 1);
    }
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("a value ends once although what ends after it throws") {
    struct throws_at_end {
        ~throws_at_end() noexcept(false) { throw std::runtime_error("at the end"); }
    };
    counted::reset();
    auto body = []() -> task<counted> {
        const throws_at_end late;
        co_return counted(1);
    };
    auto outer = [&]() -> task<std::string> {
        try {
            const counted c = co_await body();
        } catch (const std::runtime_error& e) {
            co_return e.what();
        }
        co_return "";
    };
    CHECK(run_by_hand(outer()) == "at the end");
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("an exception comes out of the await, as it was thrown") {
    struct own_exception {
        int mark;
    };
    auto throwing = [](int kind) -> task<int> {
        if (kind == 1) throw std::runtime_error("text");
        if (kind == 2) throw own_exception{9};
        co_return 1;
    };
    auto body = [&]() -> task<int> {
        int sum = co_await throwing(0);
        try {
            (void)co_await throwing(1);
        } catch (const std::runtime_error& e) {
            if (std::string(e.what()) == "text") sum += 10;
        }
        try {
            (void)co_await throwing(2);
        } catch (const own_exception& e) {
            sum += e.mark * 100;
        }
        co_return sum;
    };
    CHECK(run_by_hand(body()) == 911);
}

TEST_CASE("an exception from the conversion of the result is the task's") {
    struct refuses {
        refuses(int) { throw std::runtime_error("refused"); }
    };
    auto body = []() -> task<refuses> { co_return 3; };
    auto outer = [&]() -> task<bool> {
        try {
            (void)co_await body();
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(run_by_hand(outer()));
}

TEST_CASE("an exception while the result is taken leaves nothing behind") {
    struct throws_when_moved : counted {
        throws_when_moved() = default;
        throws_when_moved(throws_when_moved&& other) : counted(std::move(other)) {
            if (armed) throw std::runtime_error("moved");
        }
        bool armed = false;
    };
    counted::reset();
    auto body = []() -> task<std::unique_ptr<throws_when_moved>> { co_return std::make_unique<throws_when_moved>(); };
    auto outer = [&]() -> task<bool> {
        auto made = [](throws_when_moved t) -> task<throws_when_moved> { co_return std::move(t); };
        std::unique_ptr<throws_when_moved> t = co_await body();
        task<throws_when_moved> inner = made(std::move(*t));
        t->armed = false;
        try {
            throws_when_moved result = co_await std::move(inner);
            (void)result;
        } catch (const std::runtime_error&) {
            co_return false;
        }
        co_return true;
    };
    CHECK(run_by_hand(outer()));
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("an exception passes through many awaits and ends every local on its way") {
    counted::reset();
    struct recursion {
        static task<int> descend(int depth) {
            const counted local(depth);
            if (depth == 0) throw std::runtime_error("bottom");
            const int below = co_await descend(depth - 1);
            co_return below + local.value;
        }
    };
    auto body = []() -> task<bool> {
        try {
            (void)co_await recursion::descend(100);
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    CHECK(run_by_hand(body()));
    CHECK(counted::begun == 101);
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("a task that never begins destroys its arguments, and nothing else") {
    counted::reset();
    bool ran = false;
    auto body = [&ran](counted a, std::unique_ptr<counted> b) -> task<> {
        ran = true;
        (void)a, (void)b;
        co_return;
    };
    {
        task<> t = body(counted(1), std::make_unique<counted>(2));
        CHECK(counted::living == 2);
    }
    CHECK(counted::living == 0);
    {
        task<> t = body(counted(1), std::make_unique<counted>(2));
        t = body(counted(3), nullptr);  // the first ends here
        CHECK(counted::living == 1);
        task<> moved(std::move(t));
        CHECK_FALSE(t);
        CHECK(moved);
        task<>& itself = moved;
        moved = std::move(itself);
        CHECK(moved);
    }
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
    CHECK_FALSE(ran);
}

TEST_CASE("arguments and locals end when the await is over, in the right order") {
    std::vector<std::string> order;
    struct noted {
        noted(std::vector<std::string>& o, std::string n) : order(&o), name(std::move(n)) {}
        noted(noted&& other) noexcept : order(std::exchange(other.order, nullptr)), name(std::move(other.name)) {}
        ~noted() {
            if (order) order->push_back(name);
        }
        std::vector<std::string>* order;
        std::string name;
    };
    auto inner = [&](noted argument) -> task<> {
        (void)argument;
        const noted local(order, "local");
        co_return;
    };
    auto outer = [&]() -> task<> {
        task<> t = inner(noted(order, "argument"));
        co_await std::move(t);
        order.push_back("after");
    };
    run_by_hand(outer());
    CHECK(order == std::vector<std::string>{"local", "argument", "after"});
}

TEST_CASE("awaiting a task twice, an empty one or one that was moved from is refused at its line") {
    auto body = []() -> task<int> {
        int refused = 0;
        task<int> once = seven();
        (void)co_await std::move(once);
        const unsigned line = coil::place::current().line() + 2;
        try {
            (void)co_await std::move(once);
        } catch (const std::logic_error& e) {
            if (std::string(e.what()).find("task_test.cpp:" + std::to_string(line) + ":") != std::string::npos)
                ++refused;
        }
        task<int> empty;
        try {
            (void)co_await std::move(empty);
        } catch (const std::logic_error&) {
            ++refused;
        }
        task<int> from = seven();
        task<int> to = std::move(from);
        try {
            (void)co_await std::move(from);
        } catch (const std::logic_error&) {
            ++refused;
        }
        co_return refused * 100 + co_await std::move(to);
    };
    CHECK(run_by_hand(body()) == 307);
}

TEST_CASE("released, a frame belongs to the caller") {
    counted::reset();
    task<> t = [](counted) -> task<> { co_return; }(counted(1));
    const auto frame = t.release();
    CHECK_FALSE(t);
    CHECK(counted::living == 1);
    frame.destroy();
    CHECK(counted::living == 0);
}

TEST_CASE("a task may be stored, passed on and awaited by another coroutine later") {
    coil::manual_executor home;
    gate g;
    std::vector<task<int>> stored;
    auto waiting = [&](int v) -> task<int> {
        co_await g.pass();
        co_return v;
    };
    for (int i = 1; i != 4; ++i) stored.push_back(waiting(i));
    auto all = [&]() -> task<int> {
        int sum = 0;
        for (task<int>& t : stored) sum = sum * 10 + co_await std::move(t);
        co_return sum;
    };
    noting_owner owner;
    spawned h(home, owner, all());
    h.start();
    for (int i = 0; i != 3; ++i) {
        home.drain();
        REQUIRE(g.waiting() == 1);
        g.open();
    }
    home.drain();
    CHECK(h.take() == 123);
}

TEST_CASE("a task's result may be aligned to 16 bytes") {
    struct alignas(16) wide {
        double d[2];
    };
    auto body = []() -> task<wide> { co_return wide{{1, 2}}; };
    auto outer = [&]() -> task<bool> {
        const wide w = co_await body();
        co_return reinterpret_cast<std::uintptr_t>(&w) % 16 == 0 && w.d[1] == 2;
    };
    CHECK(run_by_hand(outer()));
}

TEST_CASE("what cannot be moved travels by reference or pointer") {
    unmovable u(4);
    auto body = [&]() -> task<unmovable&> { co_return u; };
    auto outer = [&]() -> task<int> {
        unmovable& r = co_await body();
        co_return r.value;
    };
    CHECK(run_by_hand(outer()) == 4);
}

}  // namespace
