// SPDX-License-Identifier: BSL-1.0
// What is in a pool's way: long messages, those who do not ask, and what is left when it closes.
#include <coil/process/pool.hpp>
#include <coil/process/semaphore.hpp>
#include <coil/process/shared_array.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/run/run.hpp>

#include "stopped.hpp"
#include "workers.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
namespace process = coil::process;

namespace {

int plus_one(int x) { return x + 1; }
int own_pid(int) { return ::getpid(); }
[[noreturn]] int never_ends(int) {
    for (;;) ::pause();
}
void passes_gate(process::semaphore s) { s.acquire_blocking().detach(); }
std::vector<std::string> same_texts(std::vector<std::string> all) { return all; }
std::size_t size_of(const std::string& text) { return text.size(); }
std::optional<process::semaphore> began_there, gate_there;
void keep_gates(process::semaphore began, process::semaphore gate) {
    began_there.emplace(std::move(began));
    gate_there.emplace(std::move(gate));
}
std::string long_text(std::size_t size) {
    began_there->release();
    gate_there->acquire_blocking().detach();
    return std::string(size, 'x');
}
std::optional<process::shared_array<int>> counter_there;
void keep_counter(process::shared_array<int> counter) { counter_there.emplace(std::move(counter)); }
int counted(int x) {
    ++std::atomic_ref((*counter_there)[0]);
    return x;
}

}  // namespace

TEST_CASE("pool: a stream that nobody asks is not carried on, though others use the pool") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        process::shared_array<int> made{1};
        co_await pool.call<&keep_counter>(made);
        const std::vector<int> xs(100'000);
        auto all = pool.stream<&counted>(xs, {.chunk = 64});
        auto first = co_await all.next();
        CHECK(first.has_value());
        for (int i = 0; i < 1000; ++i) co_await pool.call<&plus_one>(i);
        // what is kept, and what a worker may have in its hands
        CHECK(std::atomic_ref(made[0]).load() <= 4096 + 33 * 64);
        std::size_t heard = 1;
        while (auto next = co_await all.next()) ++heard;
        CHECK(heard == xs.size());
    }());
}

TEST_CASE("pool: long messages arrive whole, also behind each other") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        // around the sizes at which a message leaves the ring, fills a place, and needs several
        for (const std::size_t size : {65'000U, 66'000U, 4'194'200U, 4'194'304U, 4'200'000U, 8'388'608U, 13'000'001U}) {
            std::string text(size, 'a');
            for (std::size_t i = 0; i < size; i += 997) text[i] = static_cast<char>('b' + i % 23);
            const std::vector<std::string> one{text};
            const auto back = co_await pool.call<&same_texts>(one);
            const bool same = back == one;
            CHECK_MESSAGE(same, "of " << size);
        }
        const std::vector<std::string> several(6, std::string(3'000'000, 'c'));
        const auto sizes = co_await pool.map<&size_of>(several, {.chunk = 1});
        CHECK(sizes == std::vector<std::size_t>(6, 3'000'000));
    }());
}

TEST_CASE("pool: close comes to its end after a long message that was stopped half written") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        process::semaphore gate{0};
        auto first = coil::spawn(pool.call<&passes_gate>(gate));
        auto second = coil::spawn(pool.call<&size_of>(std::string(32 << 20, 'x')));  // more than there is room for
        for (int i = 0; i < 20; ++i) co_await coil::yield();
        second.cancel();
        const bool stopped = co_await process_test::ends_stopped(second);
        CHECK(stopped);
        gate.release();
        co_await first;
        co_await coil::timeout(60s, pool.close());
    }());
    CHECK(workers::no_zombies());
}

// Stops a close, and tells whether the worker had ended by then.
task<bool> ends_by_a_stopped_close(process::pool& pool, int pid) {
    auto closes = coil::spawn(pool.close());
    for (int i = 0; i < 20; ++i) co_await coil::yield();
    closes.cancel();
    const bool stopped = co_await process_test::ends_stopped(closes);
    co_return stopped && !workers::exists(pid);
}

TEST_CASE("pool: a close that is stopped ends the workers at once") {
    coil::run([]() -> task<> {
        process::pool busy{1};
        const int at_a_call = co_await busy.call<&own_pid>(0);
        auto call = coil::spawn(busy.call<&never_ends>(1));
        const bool one = co_await ends_by_a_stopped_close(busy, at_a_call);
        CHECK(one);
        bool shut_down = false;
        try {
            co_await call;
        } catch (const std::runtime_error&) {
            shut_down = true;
        }
        CHECK(shut_down);

        process::pool left{1};
        const int at_what_nobody_wants = co_await left.call<&own_pid>(0);
        process::semaphore began{0}, gate{1};
        co_await left.call<&keep_gates>(began, gate);
        {
            const std::vector<std::size_t> sizes(2, 1);
            auto all = left.stream<&long_text>(sizes, {.chunk = 1});
            auto first = co_await all.next();
            CHECK(first.has_value());
            for (int i = 0; i < 2; ++i) {
                auto begun = co_await began.acquire();
                begun.detach();
            }
        }
        const bool two = co_await ends_by_a_stopped_close(left, at_what_nobody_wants);
        CHECK(two);
    }());
    CHECK(workers::no_zombies());
}

TEST_CASE("pool: close waits for calls of a stream that was dropped, however much they yield") {
    coil::run([]() -> task<> {
        process::pool pool{1};
        process::semaphore began{0}, gate{1};
        co_await pool.call<&keep_gates>(began, gate);
        const std::vector<std::size_t> sizes{1, std::size_t{20} << 20};
        {
            auto all = pool.stream<&long_text>(sizes, {.chunk = 1});
            auto first = co_await all.next();
            CHECK(first.has_value());
            for (int i = 0; i < 2; ++i) {
                auto one = co_await began.acquire();
                one.detach();
            }
        }
        gate.release();
        co_await coil::timeout(60s, pool.close());
    }());
}
