// SPDX-License-Identifier: BSL-1.0
// What a switch keeps apart: the exceptions of two fibers, of a fiber and its thread; and what it keeps together.
#include <coil/runtime/fiber/fiber_core.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber.hpp>
#include <coil/runtime/run/run.hpp>

#include "../async/by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

using coil::task;

namespace {

std::string current_text() {
    const auto e = std::current_exception();
    if (!e) return "none";
    try {
        std::rethrow_exception(e);
    } catch (const std::exception& x) {
        return x.what();
    }
}

// Awaits in the middle of handling its own error, and then throws that on.
auto handles(std::string name, std::string& seen) {
    return [name = std::move(name), &seen] {
        try {
            try {
                throw std::runtime_error(name);
            } catch (...) {
                coil::await(coil::yield());
                seen += current_text() + ";";
                coil::await(coil::yield());
                throw;
            }
        } catch (const std::exception& e) {
            seen += std::string(e.what()) + "!";
        }
    };
}

struct awaits_when_destroyed {
    int* in_flight;
    int* steps;
    ~awaits_when_destroyed() {
        *in_flight += std::uncaught_exceptions();
        coil::await(coil::yield());
        ++*steps;
        *in_flight += std::uncaught_exceptions();
    }
};

}  // namespace

TEST_CASE("two fibers that wait while they handle an error keep each their own") {
    by_hand::world w;
    std::string a_saw, b_saw;
    auto first = handles("of a", a_saw), second = handles("of b", b_saw);
    auto a = w.start(coil::fiber(first));
    auto b = w.start(coil::fiber(second));
    w.exec.drain();
    CHECK(a->what() == "value");
    CHECK(b->what() == "value");
    CHECK(a_saw == "of a;of a!");
    CHECK(b_saw == "of b;of b!");
}

TEST_CASE("an error that a fiber handles is not the thread's, and the thread's not the fiber's") {
    by_hand::world w;
    std::string seen;
    auto waits = [&] {
        seen += current_text() + ";";
        try {
            throw std::runtime_error("the fiber's");
        } catch (...) {
            coil::await(coil::yield());
            seen += current_text() + ";";
        }
        seen += current_text() + ";";
    };
    auto r = w.start(coil::fiber(waits));
    try {
        throw std::runtime_error("the thread's");
    } catch (...) {
        while (w.exec.step())
            seen += current_text() + ",";
    }
    CHECK(r->what() == "value");
    CHECK(seen == "none;the thread's,the fiber's;none;the thread's,");
}

TEST_CASE("how many exceptions are in flight is each fiber's own") {
    by_hand::world w;
    int in_flight = 0, steps = 0, others = 0;
    auto throws = [&] {
        try {
            const awaits_when_destroyed local{&in_flight, &steps};
            throw std::runtime_error("on its way");
        } catch (const std::exception&) {
        }
        CHECK(std::uncaught_exceptions() == 0);
    };
    auto other = [&] {
        for (int i = 0; i != 3; ++i) {
            others += std::uncaught_exceptions();
            coil::await(coil::yield());
        }
    };
    auto a = w.start(coil::fiber(throws));
    auto b = w.start(coil::fiber(other));
    w.exec.drain();
    CHECK(a->what() == "value");
    CHECK(b->what() == "value");
    CHECK(in_flight == 2);
    CHECK(steps == 1);
    CHECK(others == 0);
}

// On a loop two fibers go from stack to stack, and the loop's thread gets back another one than it resumed.
TEST_CASE("fibers and tasks of a loop take turns in their order, however long each of them lasts") {
    std::string order;
    auto speaks = [&order](char c, int rounds) {
        return [&order, c, rounds] {
            for (int i = 0; i != rounds; ++i) {
                order += c;
                coil::await(coil::yield());
            }
        };
    };
    auto says = [&order](char c, int rounds) -> task<> {
        for (int i = 0; i != rounds; ++i) {
            order += c;
            co_await coil::yield();
        }
    };
    coil::run([&]() -> task<> {
        auto a = coil::spawn(coil::fiber(speaks('a', 300)));
        auto b = coil::spawn(coil::fiber(speaks('b', 100)));
        auto c = coil::spawn(says('c', 150));
        auto d = coil::spawn(coil::fiber(speaks('d', 200)));
        auto e = coil::spawn(coil::fiber(speaks('e', 1)));
        co_await a;
        co_await b;
        co_await c;
        co_await d;
        co_await e;
    }());
    std::string expected;
    for (int i = 0; i != 300; ++i) {
        expected += 'a';
        if (i < 100) expected += 'b';
        if (i < 150) expected += 'c';
        if (i < 200) expected += 'd';
        if (i < 1) expected += 'e';
    }
    CHECK(order == expected);
}

TEST_CASE("fibers that give each other their turn keep each its errors, its thread's too") {
    std::string a_saw, b_saw, ends;
    coil::run([&]() -> task<> {
        auto first = handles("of a", a_saw), second = handles("of b", b_saw);
        auto fails = [] {
            coil::await(coil::yield());
            throw std::runtime_error("of c");
        };
        auto a = coil::spawn(coil::fiber(first));
        auto b = coil::spawn(coil::fiber(second));
        auto c = coil::spawn(coil::fiber(fails));
        try {
            co_await c;
        } catch (const std::exception& e) {
            ends = e.what();
        }
        co_await a;
        co_await b;
        ends += "," + current_text();
    }());
    CHECK(a_saw == "of a;of a!");
    CHECK(b_saw == "of b;of b!");
    CHECK(ends == "of c,none");
}

TEST_CASE("a fiber that is alone goes on, and others that become ready get their turn") {
    int rounds = 0;
    bool other_ran = false;
    coil::run([&]() -> task<> {
        auto waits = [&] {
            auto other = coil::spawn([](bool& ran) -> task<> {
                co_await coil::sleep_for(std::chrono::milliseconds(1));
                ran = true;
            }(other_ran));
            while (!other_ran) {
                coil::await(coil::yield());
                ++rounds;
            }
            coil::await(other);
        };
        co_await coil::fiber(waits);
    }());
    CHECK(rounds > 0);
}

TEST_CASE("a hand-made frame is a coroutine to those who hold its handle") {
    auto t = coil::fiber([] {});
    const auto frame = t.release();
    CHECK_FALSE(frame.done());
    CHECK(frame.promise().how() == coil::promise_base::outcome::none);
    CHECK(&coil::fiber_core::of(frame.address()).promise() == &frame.promise());
    frame.destroy();
}

TEST_CASE("outside of fibers none runs, and within one it knows where it was made") {
    CHECK(coil::fiber_core::running() == nullptr);
    by_hand::world w;
    std::uint32_t line = 0;
    auto looks = [&] { line = coil::fiber_core::running()->made_at().line(); };
    const std::uint32_t here = coil::place::current().line() + 1;
    w.run(coil::fiber(looks));
    CHECK(line == here);
    CHECK(coil::fiber_core::running() == nullptr);
}
