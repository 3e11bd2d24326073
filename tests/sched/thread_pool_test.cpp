// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/thread_pool.hpp>

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/ring/plain_operations.hpp>
#include <coil/runtime/ring/tick.hpp>
#include <coil/runtime/run/run.hpp>

#include "../in_a_child.hpp"
#include "../sanitized.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>

namespace {

std::string warning;

coil::task<> touch(std::vector<std::atomic<int>>& cells, std::size_t first, std::size_t last) {
    if (last - first == 1) {
        ++cells[first];
        co_return;
    }
    const std::size_t middle = first + (last - first) / 2;
    co_await coil::when_all(touch(cells, first, middle), touch(cells, middle, last));
}

coil::task<int> fails_deep(int depth) {
    if (depth == 0) throw std::out_of_range("at the bottom");
    auto [a, b] = co_await coil::when_all(fails_deep(depth - 1), fails_deep(depth - 1));
    co_return a + b;
}

}  // namespace

TEST_CASE("none or less than none is refused by name; too many are bounded and said") {
    CHECK_THROWS_WITH_AS(coil::thread_pool{0}, doctest::Contains("thread_pool: at least one worker, not 0"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(coil::thread_pool{0}, doctest::Contains("thread_pool_test.cpp:"), std::invalid_argument);
    CHECK_THROWS_AS(coil::thread_pool{-3}, std::invalid_argument);
    auto hook = coil::set_log_hook([](std::string_view line) noexcept { warning += line; });
    CHECK(coil::thread_pool::checked(100'000, coil::place::current()) == coil::thread_pool::most_workers);
    CHECK(warning.find("100000") != std::string::npos);
    CHECK(warning.find("take turns") != std::string::npos);
    coil::set_log_hook(hook);
}

TEST_CASE("a hundred thousand forked steps are each made exactly once") {
    for (unsigned workers : {1u, 2u}) {
        coil::thread_pool own{workers};
        std::vector<std::atomic<int>> cells(100'000);
        auto body = [&]() -> coil::task<> { co_await coil::on_pool(touch(cells, 0, cells.size()), own); };
        coil::run(body());
        int wrong = 0;
        for (auto& c : cells)
            wrong += c != 1;
        CHECK(wrong == 0);
    }
}

TEST_CASE("an exception from the bottom of a forked tree arrives once, and no frame is left") {
    coil::thread_pool own{2};
    auto body = [&]() -> coil::task<> {
        for (int i = 0; i != 20; ++i) {
            bool thrown = false;
            try {
                (void)co_await coil::on_pool(fails_deep(6), own);
            } catch (const std::out_of_range&) {
                thrown = true;
            }
            CHECK(thrown);
        }
    };
    auto before = coil::set_suppressed_hook([](std::exception_ptr, std::string_view, std::uint64_t) noexcept {});
    coil::run(body());
    coil::set_suppressed_hook(before);
}

TEST_CASE("its threads have names and leave signals to the program") {
    coil::thread_pool own{2, "named"};
    std::mutex lock;
    std::set<std::string> names;
    bool blocked = true;
    auto body = [&]() -> coil::task<> {
        while (names.size() != 2) {
            auto look = [&] {
                char name[16] = {};
                ::pthread_getname_np(::pthread_self(), name, sizeof name);
                sigset_t mask;
                ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
                std::scoped_lock guard(lock);
                names.insert(name);
                blocked = blocked && sigismember(&mask, SIGINT) && !sigismember(&mask, SIGSEGV);
            };
            auto a = coil::spawn(coil::on_pool(look, own)), b = coil::spawn(coil::on_pool(look, own));
            co_await a;
            co_await b;
        }
    };
    coil::run(body());
    CHECK(names == std::set<std::string>{"named-0", "named-1"});
    CHECK(blocked);
}

TEST_CASE("the size can change while nobody uses it") {
    coil::thread_pool own{1};
    own.resize(3);
    CHECK(own.size() == 3);
    auto body = [&]() -> coil::task<> { CHECK(co_await coil::on_pool([] { return 1; }, own) == 1); };
    coil::run(body());
    own.resize(1);
    coil::run(body());
    CHECK(own.size() == 1);
}

TEST_CASE("no wake-up is lost: many rounds in which both sides fall asleep") {
    coil::thread_pool own{2};
    auto body = [&]() -> coil::task<> {
        for (int i = 0; i != 300; ++i) {
            co_await coil::on_pool([] {}, own);
            if (i % 10 == 0) co_await coil::sleep_for(std::chrono::microseconds(200));
        }
    };
    coil::run(body());
    CHECK(own.statistics().parks > 0);
}

TEST_CASE("tasks that yield for ever on every worker leave room for a job from outside") {
    coil::thread_pool own{2};
    std::atomic<bool> over{false};
    auto spins = [&]() -> coil::task<> {
        while (!over)
            co_await coil::yield();
    };
    auto body = [&]() -> coil::task<> {
        auto a = coil::spawn_on(own, spins()), b = coil::spawn_on(own, spins()), c = coil::spawn_on(own, spins());
        CHECK(co_await coil::on_pool([] { return 5; }, own) == 5);
        over = true;
        co_await a;
        co_await b;
        co_await c;
    };
    coil::run(body());
}

TEST_CASE("thread_pool: who posts from outside may be the last to know that the pool was done with") {
    // for a sanitizer to see: the destructor waits for a thread that has posted, but not yet woken a worker
    struct signal : coil::job {
        signal() : job(&go) {}
        static void go(job& j) noexcept { static_cast<signal&>(j).came.store(true); }
        std::atomic<bool> came{false};
    };
    std::atomic<coil::thread_pool*> next{nullptr};
    std::atomic<bool> over{false};
    signal* what = nullptr;
    std::thread outside([&] {
        while (!over.load()) {
            coil::thread_pool* const p = next.exchange(nullptr);
            // the later ones find the worker awake: then nothing but the destructor's look orders the two
            for (int i = 0; p && i != 8; ++i)
                p->post(what[i]);
            std::this_thread::yield();
        }
    });
    for (int round = 0; round != 500; ++round) {
        auto pool = std::make_unique<coil::thread_pool>(1);
        signal all[8];
        what = all;
        next.store(pool.get());
        while (!all[7].came.load())
            std::this_thread::yield();
    }
    over.store(true);
    outside.join();
}

// ---- what operations have made ready is left to one worker

namespace {

struct piece : coil::job {
    explicit piece(std::function<void()> f) : job(&go), what(std::move(f)) {}
    static void go(coil::job& j) noexcept {
        auto& self = static_cast<piece&>(j);
        self.what();
        self.done.store(true);
    }
    void await() const {
        while (!done.load())
            std::this_thread::yield();
    }
    std::function<void()> what;
    std::atomic<bool> done{false};
};

coil::node_list batch(std::initializer_list<piece*> all) {
    coil::node_list list;
    for (piece* p : all)
        list.push_back(*p);
    return list;
}

// The process's pool, with two workers that sleep.
coil::thread_pool& two_asleep() {
    coil::thread_pool& p = coil::pool();
    p.resize(2);
    while (!p.at_rest())
        std::this_thread::yield();
    return p;
}

// Waits until a tick lies so far behind that nobody is patient any more.
void take_long() {
    const std::uint64_t then = coil::ring::read_tick().count;
    while (coil::ring::read_tick().count - then < 3'000'000)
        std::this_thread::yield();
}

}  // namespace

TEST_CASE("a short batch wakes one worker and not two") {
    coil::thread_pool& pool = two_asleep();
    bool one_woke = false;
    // whether both pieces are there when the first is taken, and soon over, is a matter of who is quicker
    for (int round = 0; round != 10'000 && !one_woke; ++round) {
        piece a([] {}), b([] {});
        const auto before = pool.statistics().parks;
        pool.post_short(batch({&a, &b}));
        a.await();
        b.await();
        two_asleep();
        one_woke = pool.statistics().parks == before + 1;
    }
    CHECK(one_woke);
}

TEST_CASE("what was left to a worker that is busy for long is taken by another, once somebody looks after it") {
    coil::thread_pool& pool = two_asleep();
    for (int round = 0; round != 100; ++round) {
        two_asleep();
        piece last([] {});
        piece first([&last] { last.await(); });
        bool left = pool.post_short(batch({&first, &last}));
        while (left)
            left = pool.look_after(round % 2 == 0);  // at once, or when it takes too long
        first.await();
    }
}

TEST_CASE("a worker that is busy with many pieces for long wakes another for the rest") {
    coil::thread_pool& pool = two_asleep();
    for (int round = 0; round != 100; ++round) {
        two_asleep();
        piece last([] {});
        piece second([&last] { last.await(); });
        piece first(&take_long);
        pool.post_short(batch({&first, &second, &last}));
        second.await();
        first.await();
    }
}

TEST_CASE("a pool that may be destroyed is not to be looked after") {
    coil::thread_pool own(2);
    piece last([] {});
    piece first([&last] { last.await(); });
    CHECK_FALSE(own.post_short(batch({&first, &last})));
    CHECK_FALSE(own.look_after(true));
    first.await();
}

TEST_CASE("where operations of two tasks complete at once, each goes on although the other does not end") {
    coil::thread_pool& pool = two_asleep();
    for (int round = 0; round != 300; ++round) {
        std::atomic<int> on{0};
        auto operation = [&]() -> coil::task<> {
            co_await coil::ring::nop_operation();
            ++on;
            while (on.load() < 2)
                std::this_thread::yield();
        };
        auto body = [&]() -> coil::task<> {
            auto a = coil::spawn_on(pool, operation());
            co_await coil::spawn_on(pool, operation());
            co_await a;
        };
        coil::run(body(), {.pool_size = 2});
    }
}

#ifndef UNDER_THREAD_SANITIZER  // which ends a forked child that starts threads
TEST_CASE("a pool that goes while a task sleeps there ends the process with a sentence") {
    const auto [status, text] = in_a_child([] {
        coil::timer alarm([](coil::timer&) noexcept {});
        coil::thread_pool p{1};
        alarm.deadline = p.now() + std::chrono::hours(1);
        p.arm(alarm);
    });
    CHECK(WIFSIGNALED(status));
    CHECK(text.find("a thread_pool was destroyed before a task that is at home on it") != std::string::npos);
}
#endif
