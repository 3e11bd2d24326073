// SPDX-License-Identifier: BSL-1.0
// Fibers on several threads: one stays on the worker that ran it first, unless it may move.
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using coil::task;

namespace {

using thread_id = std::thread::id;

// To a compiler, the thread that runs a function is the same throughout: it would ask once.
[[gnu::noinline]] thread_id this_thread_now() {
    asm volatile("" ::: "memory");
    return std::this_thread::get_id();
}

// Two calls that occupy the two workers of a pool until each is told to end.
struct occupation {
    std::atomic<int> begun{0};
    std::atomic<thread_id> who[2];
    std::atomic<bool> over[2] = {false, false};

    task<> occupy(int i) {
        who[i] = this_thread_now();
        ++begun;
        while (!over[i])
            std::this_thread::yield();
        co_return;
    }
    // Which of the two sits on that thread.
    int on(thread_id t) const { return who[0].load() == t ? 0 : 1; }
};

task<> until(const std::atomic<int>& count, int wanted) {
    while (count < wanted)
        co_await coil::sleep_for(1ms);
}

struct journey {
    thread_id first, then;
};

// A fiber waits on one worker of two; then that one is occupied, the other free, and the answer comes.
journey answer_while_occupied(bool may_move) {
    coil::thread_pool own{2};
    journey seen;
    std::atomic<int> waits{0}, ended{0}, passed{0};
    std::optional<coil::resolver<int>> answer;
    occupation busy;
    auto body = [&] {
        seen.first = this_thread_now();
        auto start = [&](coil::resolver<int> r) {
            answer = std::move(r);
            ++waits;
        };
        coil::await(coil::from_callback<int>(start));
        seen.then = this_thread_now();
        ++ended;
    };
    auto passes_by = [&]() -> task<> {
        ++passed;
        co_return;
    };
    auto main = [&]() -> task<> {
        auto f = coil::spawn_on(own, coil::fiber(body, {.may_move = may_move}));
        co_await until(waits, 1);
        auto a = coil::spawn_on(own, busy.occupy(0));
        auto b = coil::spawn_on(own, busy.occupy(1));
        co_await until(busy.begun, 2);
        const int mine = busy.on(seen.first);
        answer->set_value(1);
        busy.over[1 - mine] = true;
        // the free worker takes what was posted in its order: the fiber, then this
        auto c = coil::spawn_on(own, passes_by());
        co_await until(passed, 1);
        if (may_move) co_await until(ended, 1);
        else CHECK(ended == 0);
        busy.over[mine] = true;
        co_await f;
        co_await a;
        co_await b;
        co_await c;
    };
    coil::run(main());
    return seen;
}

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
task<int> fib_task(int n) {
    if (n < 10) co_return fib(n);
    auto [a, b] = co_await coil::when_all(fib_task(n - 1), fib_task(n - 2));
    co_return a + b;
}

}  // namespace

TEST_CASE("a fiber waits for the worker that ran it first, though another one is free") {
    const journey seen = answer_while_occupied(false);
    CHECK(seen.first != thread_id());
    CHECK(seen.then == seen.first);
}

TEST_CASE("a fiber that may move goes on wherever somebody is free") {
    const journey seen = answer_while_occupied(true);
    CHECK(seen.then != seen.first);
    CHECK(seen.then != thread_id());
}

TEST_CASE("many fibers on two workers, each on its own to its end") {
    coil::thread_pool own{2};
    std::atomic<int> moved{0};
    std::atomic<long> steps{0};
    auto body = [&] {
        const thread_id mine = this_thread_now();
        for (int i = 0; i != 50; ++i) {
            coil::await(coil::yield());
            if (this_thread_now() != mine) ++moved;
            ++steps;
        }
    };
    auto main = [&]() -> task<> {
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 40; ++i)
            all.push_back(coil::spawn_on(own, coil::fiber(body)));
        for (auto& h : all)
            co_await h;
    };
    coil::run(main());
    CHECK(moved == 0);
    CHECK(steps == 40 * 50);
}

TEST_CASE("fibers that move keep their exceptions and their stacks") {
    coil::thread_pool own{2};
    std::atomic<long> right{0};
    auto body = [&] {
        for (int i = 0; i != 25; ++i) {
            try {
                throw std::runtime_error(std::to_string(i));
            } catch (const std::exception& e) {
                coil::await(coil::yield());
                const auto still = std::current_exception();
                if (still && e.what() == std::to_string(i)) ++right;
            }
        }
    };
    auto main = [&]() -> task<> {
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 40; ++i)
            all.push_back(coil::spawn_on(own, coil::fiber(body, {.may_move = true})));
        for (auto& h : all)
            co_await h;
    };
    coil::run(main());
    CHECK(right == 40 * 25);
}

TEST_CASE("what a fiber on the pool forks is run by all workers, and joined") {
    coil::thread_pool own{2};
    auto body = [] { return coil::await(fib_task(18)); };
    auto main = [&]() -> task<int> { co_return co_await coil::on_pool(coil::fiber(body), own); };
    CHECK(coil::run(main()) == fib(18));
}

TEST_CASE("a fiber of a loop goes to the pool and comes back, by parts or for good") {
    coil::thread_pool own{2};
    auto body = [&] {
        const thread_id home = this_thread_now();
        auto where = [] { return this_thread_now(); };
        CHECK(coil::await(coil::on_pool(where, own)) != home);
        CHECK(this_thread_now() == home);
        coil::executor& loop = *coil::this_thread.here;
        coil::await(coil::resume_on(own));
        const thread_id there = this_thread_now();
        CHECK(there != home);
        for (int i = 0; i != 10; ++i) {
            coil::await(coil::yield());
            CHECK(this_thread_now() == there);
        }
        coil::await(coil::resume_on(loop));
        CHECK(this_thread_now() == home);
    };
    coil::run(coil::fiber(body));
}

TEST_CASE("a stop reaches fibers on the pool") {
    coil::thread_pool own{2};
    std::atomic<int> waiting{0}, unwound{0};
    struct witness {
        std::atomic<int>* count;
        ~witness() { ++*count; }
    };
    auto body = [&] {
        const witness here{&unwound};
        ++waiting;
        coil::await(coil::sleep_for(1h));
    };
    auto main = [&]() -> task<> {
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i != 20; ++i)
            all.push_back(coil::spawn_on(own, coil::fiber(body, {.may_move = i % 2 == 0})));
        co_await until(waiting, 20);
        for (auto& h : all)
            h.cancel();
        int stopped = 0;
        for (auto& h : all) {
            try {
                co_await h;
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        }
        CHECK(stopped == 20);
    };
    coil::run(main());
    CHECK(unwound == 20);
}
