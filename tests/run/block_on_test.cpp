// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/block_on.hpp>

#include "lives.hpp"

#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace coil;
using namespace std::chrono_literals;

namespace {

task<std::thread::id> where() { co_return std::this_thread::get_id(); }
task<std::unique_ptr<int>> seven() {
    co_await yield();
    co_return std::make_unique<int>(7);
}
task<> throws() {
    co_await yield();
    throw std::runtime_error("inside");
}
task<> for_ever() { co_await sleep_for(std::chrono::hours(24 * 365)); }

// Joins a thread without blocking the loop.
task<> joined(std::thread& t) {
    co_await blocking([&t] { t.join(); });
}

void refused() {
    try {
        block_on(where());
        FAIL("it would have waited for itself");
    } catch (const std::system_error& e) {
        CHECK(e.code() == std::errc::resource_deadlock_would_occur);
        CHECK(std::string(e.what()).find("block_on_test.cpp") != std::string::npos);
    }
}

}  // namespace

TEST_CASE("block_on: without a run it makes one") {
    CHECK(block_on(where()) == std::this_thread::get_id());
    CHECK(*block_on(seven()) == 7);
    CHECK_THROWS_WITH_AS(block_on(throws()), "inside", std::runtime_error);
    block_on(sleep_for(0s));
}

TEST_CASE("block_on: from a plain thread the task runs on the loop of the run that is alive") {
    run([]() -> task<> {
        const auto loop_thread = std::this_thread::get_id();
        std::thread plain([loop_thread] {
            CHECK(block_on(where()) == loop_thread);
            CHECK(*block_on(seven()) == 7);
            CHECK_THROWS_WITH_AS(block_on(throws()), "inside", std::runtime_error);
            block_on(sleep_for(1ms));
            CHECK(block_on(on_pool([] { return 3; })) == 3);
        });
        co_await joined(plain);
    }());
}

TEST_CASE("block_on: a blocking call may use it") {
    run([]() -> task<> {
        const auto loop_thread = std::this_thread::get_id();
        co_await blocking([&] { CHECK(block_on(where()) == loop_thread); });
    }());
}

TEST_CASE("block_on: on a thread that runs tasks it is refused at its line") {
    run([]() -> task<> {
        refused();
        co_await on_pool([] { refused(); });
    }());
}

TEST_CASE("block_on: a task that was used up is refused") {
    auto t = where();
    block_on(std::move(t));
    CHECK_THROWS_AS(block_on(std::move(t)), std::logic_error);
}

TEST_CASE("block_on: throws `cancelled` if the run is stopped meanwhile") {
    std::atomic<bool> stopped{false}, waits{false};
    std::thread plain;
    auto amain = [](std::thread& t, std::atomic<bool>& s, std::atomic<bool>& w) -> task<> {
        t = std::thread([&s, &w] {
            try {
                block_on([](std::atomic<bool>& begun) -> task<> {
                    begun = true;
                    co_await for_ever();
                }(w));
            } catch (const cancelled&) {
                s = true;
            }
        });
        while (!w) co_await yield();
        throw std::runtime_error("main");
    };
    CHECK_THROWS_WITH_AS(run(amain(plain, stopped, waits)), "main", std::runtime_error);
    plain.join();
    CHECK(stopped);
}

TEST_CASE("block_on: many threads at once, each gets its own answer, and nothing is left") {
    census all;
    std::atomic<int> wrong{0};
    run([](census& c, std::atomic<int>& bad) -> task<> {
        std::vector<std::thread> threads;
        for (int t = 0; t != 4; ++t)
            threads.emplace_back([t, &c, &bad] {
                for (int i = 0; i != 300; ++i) {
                    auto echo = [](alive, int n, bool hop) -> task<int> {
                        if (hop) co_return co_await on_pool([n] { return n; });
                        co_return n;
                    };
                    if (block_on(echo(alive(c), 1000 * t + i, i % 4 == 0)) != 1000 * t + i) ++bad;
                }
            });
        for (auto& t : threads) co_await joined(t);
    }(all, wrong));
    CHECK(wrong == 0);
    CHECK(all.born() == 1200);
    CHECK(all.living() == 0);
}
