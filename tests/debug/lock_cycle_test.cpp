// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/lock_cycle.hpp>

#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/settle.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/sync/lock_all.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/recursive_mutex.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Takes one lock, lets the others do the same, and wants another.
template <class A, class B>
coil::task<> takes(A& first, B& second) {
    auto held = co_await first.lock();
    co_await coil::yield();
    auto wanted = co_await second.lock();
}

template <class F>
std::vector<coil::task_row> rows_of_deadlock(F amain, std::string& text) {
    try {
        coil::run(amain());
    } catch (const coil::deadlock& e) {
        text = e.what();
        return e.tasks();
    }
    return {};
}

}  // namespace

TEST_CASE("two tasks that take two locks in opposite order: the run ends with both, both locks and the lines") {
    coil::mutex a;
    coil::recursive_mutex b;
    auto amain = [&]() -> coil::task<> {
        auto one = coil::spawn(takes(a, b), {.name = "one"});
        auto two = coil::spawn(takes(b, a), {.name = "two"});
        co_await one;
        co_await two;
    };
    std::string text;
    const auto rows = rows_of_deadlock(amain, text);
    INFO(text);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].name != rows[1].name);
    CHECK(rows[0].state == "suspended");
    CHECK(has(text, "2 tasks each wait for a lock"));
    CHECK(has(text, "circular wait"));
    CHECK(has(text, "\"one\" waits at "));
    CHECK(has(text, "\"two\" waits at "));
    CHECK(has(text, "for the recursive_mutex that task "));
    CHECK(has(text, "for the mutex that task "));
    CHECK(has(text, "\"two\" took at "));
    CHECK(has(text, "\"one\" took at "));
    CHECK(has(text, "lock_cycle_test.cpp:"));
    CHECK(has(text, "coil::lock_all"));
    CHECK_FALSE(a.locked());  // they have been unwound
    CHECK_FALSE(b.locked());
}

TEST_CASE("a circle is found while other things go on, and beside those who only wait for it") {
    std::vector<coil::mutex> locks(5);
    auto ticks = []() -> coil::task<> {
        for (;;) co_await coil::sleep_for(100us);
    };
    auto outside = [&]() -> coil::task<> { auto g = co_await locks[2].lock(); };
    auto amain = [&]() -> coil::task<> {
        auto daemon = coil::spawn(ticks(), {.daemon = true});
        co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
            for (std::size_t i = 0; i != locks.size(); ++i)
                s.spawn(takes(locks[i], locks[(i + 1) % locks.size()]));
            co_await coil::yield();
            s.spawn(outside(), {.name = "outside"});
        });
    };
    std::string text;
    const auto rows = rows_of_deadlock(amain, text);
    INFO(text);
    CHECK(rows.size() == 5);
    CHECK_FALSE(has(text, "outside"));
}

TEST_CASE("children of one task that shut each other out are found, and their task is named once") {
    coil::mutex a, b;
    auto amain = [&]() -> coil::task<> { co_await coil::when_all(takes(a, b), takes(b, a)); };
    std::string text;
    const auto rows = rows_of_deadlock(amain, text);
    INFO(text);
    CHECK(rows.size() == 1);
    CHECK(has(text, "2 branches of tasks each wait"));
}

TEST_CASE("a circle on the pool is found") {
    coil::mutex a, b;
    auto amain = [&]() -> coil::task<> {
        auto one = coil::spawn(coil::on_pool(takes(a, b)), {.name = "one"});
        auto two = coil::spawn(coil::on_pool(takes(b, a)), {.name = "two"});
        co_await one;
        co_await two;
    };
    // they meet only if each has its first lock before the other wants it: it is tried until they do
    std::string text;
    std::vector<coil::task_row> rows;
    for (int i = 0; i != 1000 && rows.empty(); ++i)
        rows = rows_of_deadlock(amain, text);
    INFO(text);
    CHECK(rows.size() == 2);
}

TEST_CASE("no circle: one lock that many want, locks in one order, all at once, a limit of time") {
    coil::mutex a, b;
    bool timed_out = false;
    auto patient = [&]() -> coil::task<> {
        auto held = co_await b.lock();
        co_await coil::yield();
        timed_out = !co_await a.try_lock_for(5ms);
        if (!timed_out) a.unlock();
    };
    auto limited = [&]() -> coil::task<> {
        auto held = co_await b.lock();
        co_await coil::yield();
        try {
            auto wanted = co_await coil::timeout(5ms, a.lock());
        } catch (const coil::timed_out&) {
            timed_out = true;
        }
    };
    auto at_once = [&](coil::mutex& x, coil::mutex& y) -> coil::task<> {
        auto held = co_await coil::lock_all(x, y);
        co_await coil::yield();
    };
    SUBCASE("one order") {
        auto amain = [&]() -> coil::task<> {
            co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
                for (int i = 0; i != 20; ++i) s.spawn(takes(a, b));
                co_return;
            });
        };
        coil::run(amain());
    }
    SUBCASE("all at once") {
        auto amain = [&]() -> coil::task<> {
            co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
                for (int i = 0; i != 20; ++i) s.spawn(i % 2 ? at_once(a, b) : at_once(b, a));
                co_return;
            });
        };
        coil::run(amain());
    }
    SUBCASE("try_lock_for") {
        auto amain = [&]() -> coil::task<> {
            auto one = coil::spawn(takes(a, b)), two = coil::spawn(patient());
            co_await one;
            co_await two;
        };
        coil::run(amain());
        CHECK(timed_out);
    }
    SUBCASE("timeout") {
        auto amain = [&]() -> coil::task<> {
            auto one = coil::spawn(takes(a, b)), two = coil::spawn(limited());
            co_await one;
            co_await two;
        };
        coil::run(amain());
        CHECK(timed_out);
    }
}

TEST_CASE("more tasks than asked for are not looked at") {
    coil::mutex a, b;
    bool among_few = true, among_all = false;
    std::pmr::memory_resource& memory = *std::pmr::get_default_resource();
    auto amain = [&]() -> coil::task<> {
        auto one = coil::spawn(takes(a, b)), two = coil::spawn(takes(b, a));
        co_await coil::yield();
        co_await coil::yield();
        co_await coil::yield();
        const coil::task_owner& run = coil::this_thread.current->root->owner().run();
        among_few = coil::debug::find_lock_cycle(run, 2, memory).has_value();
        among_all = coil::debug::find_lock_cycle(run, 3, memory).has_value();
        one.cancel();
        (void)co_await coil::settle(one, two);
    };
    coil::run(amain());
    CHECK_FALSE(among_few);
    CHECK(among_all);
}

namespace {

class counting_resource : public std::pmr::memory_resource {
public:
    std::size_t calls = 0;

private:
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        ++calls;
        return std::pmr::new_delete_resource()->allocate(size, alignment);
    }
    void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(memory, size, alignment);
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

TEST_CASE("a second look at many tasks needs no more memory than the first kept") {
    counting_resource counted;
    std::pmr::unsynchronized_pool_resource kept({.max_blocks_per_chunk = 0, .largest_required_pool_block = 1 << 20}, &counted);
    coil::mutex m;
    std::size_t first = 0, second = 0;
    auto locks = [&]() -> coil::task<> { auto held = co_await m.lock(); };
    auto amain = [&]() -> coil::task<> {
        std::vector<coil::join_handle<>> all;
        {
            auto held = co_await m.lock();
            for (int i = 0; i != 200; ++i)
                all.push_back(coil::spawn(locks()));
            co_await coil::yield();
            const coil::task_owner& run = coil::this_thread.current->root->owner().run();
            CHECK_FALSE(coil::debug::find_lock_cycle(run, 1000, kept).has_value());
            first = counted.calls;
            CHECK_FALSE(coil::debug::find_lock_cycle(run, 1000, kept).has_value());
            second = counted.calls;
        }
        for (auto& h : all)
            co_await h;
    };
    coil::run(amain());
    CHECK(first != 0);
    CHECK(second == first);
}
