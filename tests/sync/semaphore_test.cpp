// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/semaphore.hpp>

#include "../async/by_hand.hpp"
#include "../coro/partner.hpp"
#include "../sanitized.hpp"
#include "errors.hpp"
#include "lines.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::semaphore;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("semaphore: never more inside than permits, in the order in which they came") {
    world w;
    semaphore s{3};
    int inside = 0, most = 0;
    std::vector<int> order;
    auto body = [&](int i) -> task<> {
        auto permit = co_await s.acquire();
        order.push_back(i);
        if (++inside > most) most = inside;
        co_await coil::yield();
        --inside;
    };
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    for (int i = 0; i != 10; ++i) all.push_back(w.start(body(i)));
    w.exec.drain();
    CHECK(most == 3);
    CHECK(order == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(s.available() == 3);
    CHECK(s.statistics().hand_overs == 7);
    CHECK(s.statistics().longest_queue == 7);
}

TEST_CASE("semaphore: who wants many is not overtaken by who wants few, and lets them pass when he gives up") {
    world w;
    semaphore s{2};
    auto wants = [&](std::size_t n) -> task<> { auto permit = co_await s.acquire(n); };
    auto held = std::make_unique<semaphore::permit>(s.acquire_blocking());
    auto big = w.run(wants(2)), small = w.run(wants(1));
    CHECK_FALSE(small->ended);
    CHECK(s.available() == 1);
    CHECK_FALSE(s.try_acquire());
    big->handle.cancel();
    w.exec.drain();
    CHECK(big->stopped);
    CHECK(small->value);
    held.reset();
    CHECK(s.available() == 2);
}

TEST_CASE("semaphore: who wants none waits for his turn alone, and goes with the one before him") {
    world w;
    semaphore s{0};
    auto wants = [&](std::size_t n) -> task<> { (co_await s.acquire(n)).detach(); };
    auto one = w.run(wants(1)), none = w.run(wants(0)), another = w.run(wants(1));
    CHECK_FALSE(one->ended);
    CHECK_FALSE(none->ended);
    s.release();
    w.exec.drain();
    CHECK(one->value);
    CHECK(none->value);
    CHECK_FALSE(another->ended);
    s.release();
    w.exec.drain();
    CHECK(another->value);
}

TEST_CASE("semaphore: who is at home elsewhere is woken there, by whomever a permit was given back") {
    world here, there;
    semaphore s{0};
    const coil::executor* ran_on = nullptr;
    auto wants = there.run([](semaphore& from, const coil::executor*& where) -> task<> {
        auto permit = co_await from.acquire();
        where = coil::this_thread.here;
    }(s, ran_on));
    auto gives = here.run([](semaphore& to) -> task<> {
        to.release();
        co_return;
    }(s));
    CHECK(gives->value);
    CHECK_FALSE(wants->ended);
    there.exec.drain();
    CHECK(wants->value);
    CHECK(ran_on == &there.exec);
}

TEST_CASE("semaphore: in a line, too, a bounded one is not released above its start") {
    world w;
    coil::bounded_semaphore s{2};
    auto both = std::make_unique<semaphore::permit>(s.acquire_blocking(2));
    auto waiting = w.run([](semaphore& from) -> task<> { auto permit = co_await from.acquire(); }(s));
    CHECK_THROWS_AS(s.release(3), std::invalid_argument);
    CHECK_FALSE(waiting->ended);
    both.reset();
    w.exec.drain();
    CHECK(waiting->value);
    CHECK(s.available() == 2);
}

TEST_CASE("semaphore: a plain one may be released above its start, a bounded one may not, and says so at the line") {
    semaphore s{1};
    s.release(2);
    CHECK(s.available() == 3);
    coil::bounded_semaphore b{3};
    CHECK(b.try_acquire(2));
    b.release();
    const auto error = error_of([&] { b.release(2); });
    CHECK_THROWS_AS(std::rethrow_exception(error), std::invalid_argument);
    CHECK_THROWS_AS(std::rethrow_exception(error), std::logic_error);
    CHECK(text_of(error).find("semaphore_test.cpp:") != std::string::npos);
    CHECK(b.available() == 2);
    b.release();
    CHECK_THROWS_AS(b.release(), std::invalid_argument);
    CHECK(b.available() == 3);
}

TEST_CASE("semaphore: a negative count is refused, and a bounded one never has more than it began with") {
    world w;
    int k = -1;
    CHECK_THROWS_AS(semaphore{k}, std::invalid_argument);
    CHECK_THROWS_WITH_AS(semaphore{~std::uint64_t{0}}, doctest::Contains("semaphore_test.cpp:"), std::invalid_argument);
    CHECK_THROWS_AS(coil::bounded_semaphore{k}, std::invalid_argument);
    semaphore plain{1};
    CHECK_THROWS_WITH_AS(plain.release(k), doctest::Contains("negative: -1"), std::invalid_argument);
    CHECK_THROWS_AS((void)plain.try_acquire(k), std::invalid_argument);
    CHECK_THROWS_AS((void)plain.acquire_blocking(k), std::invalid_argument);
    auto less = [&]() -> task<> { auto permit = co_await plain.acquire(k); };  // would wait for 2^64 - 1 for ever
    CHECK(w.run(less())->failed_with<std::invalid_argument>());
    auto later = [&]() -> task<> { (void)co_await plain.try_acquire_for(1ms, k); };
    CHECK(w.run(later())->failed_with<std::invalid_argument>());
    CHECK(plain.available() == 1);
    coil::bounded_semaphore b{2};
    auto wants = [&]() -> task<> { auto permit = co_await b.acquire(3); };
    CHECK(w.run(wants())->failed_with<std::invalid_argument>());
    CHECK(b.available() == 2);
}

TEST_CASE("semaphore: a permit is given back once; a detached one is somebody else's to release") {
    semaphore s{1};
    auto permit = s.acquire_blocking();
    semaphore::permit moved(std::move(permit));
    CHECK(s.available() == 0);
    CHECK(moved.count() == 1);
    moved.release();
    CHECK(s.available() == 1);
    CHECK_MISUSE(error_of([&] { moved.release(); }), std::errc::operation_not_permitted, "semaphore_test.cpp:");
    s.acquire_blocking().detach();
    CHECK(s.available() == 0);
    s.release();
}

TEST_CASE("semaphore: for a while") {
    world w;
    semaphore s{0};
    auto tries = [&]() -> task<bool> {
        const bool got = co_await s.try_acquire_for(10ms);
        co_return got;
    };
    auto a = w.run(tries());
    w.exec.advance(10ms);
    CHECK(a->value == false);
    auto b = w.run(tries());
    s.release();
    w.exec.drain();
    CHECK(b->value == true);
    CHECK(s.available() == 0);
}

TEST_CASE("semaphore: permits are conserved while receivers are stopped at the very moment of the release") {
    partner other;
    for (unsigned round = 0; round != 2000; ++round) {
        world w;
        semaphore s{0};
        auto takes = [&]() -> task<> {
            coil::this_thread.current->root->share();  // so that a stop ends the wait on whatever thread it comes from
            auto permit = co_await s.acquire();
            permit.detach();
        };
        auto first = w.run(takes()), second = w.run(takes());
        other.together(
            [&] {
                partner::linger(round);
                s.release();
            },
            [&] {
                partner::linger(round / 64);
                first->handle.cancel();
                w.exec.drain();
            });
        w.exec.drain();
        const int got = (first->value ? 1 : 0) + (second->value ? 1 : 0);
        REQUIRE(got + static_cast<int>(s.available()) == 1);
        REQUIRE(got == 1);
        s.release();
        w.exec.drain();
    }
}

TEST_CASE("semaphore: threads block without polling, and permits come out even") {
    semaphore s{2};
    std::atomic<int> inside{0};
    std::atomic<bool> wrong{false};
    std::vector<std::thread> crowd;
    for (int t = 0; t != 4; ++t) {
        crowd.emplace_back([&] {
            for (int i = 0; i != 2000; ++i) {
                auto permit = s.acquire_blocking();
                if (inside.fetch_add(1) >= 2) wrong = true;
                inside.fetch_sub(1);
            }
        });
    }
    for (auto& t : crowd) t.join();
    CHECK_FALSE(wrong);
    CHECK(s.available() == 2);
}

TEST_CASE("semaphore: two threads: neither takes a permit past the other one that waits") {
    constexpr int turns = 300;
    semaphore s{1};
    std::atomic<int> theirs{0};
    std::thread other([&] {
        for (int i = 0; i != turns; ++i) {
            auto permit = s.acquire_blocking();
            ++theirs;
        }
    });
    int overtaken = 0;
    for (int seen = 0; seen != turns;) {
        auto permit = s.acquire_blocking();
        if (theirs == seen) ++overtaken;
        seen = theirs;
        while (seen != turns && s.statistics().waiters == 0) std::this_thread::yield();
    }
    other.join();
    CHECK(overtaken <= 1);  // at first nobody waits
}

TEST_CASE("semaphore: a blocking acquire that is refused on a thread of tasks leaves no mark") {
    world w;
    semaphore s{2};
    auto body = [&]() -> task<> {
        auto three = s.acquire_blocking(3);
        co_return;
    };
    auto r = w.run(body());
    CHECK_MISUSE(r->error, std::errc::resource_deadlock_would_occur, "semaphore_test.cpp:");
    CHECK(s.try_acquire(2));
    s.release(2);
}

TEST_CASE("semaphore: a million waiters are released at once") {
#ifdef UNDER_A_SANITIZER
    constexpr std::size_t count = 20'000;
#else
    constexpr std::size_t count = 1'000'000;
#endif
    world w;
    semaphore s{0};
    std::size_t passed = 0;
    auto waits = [&]() -> task<> {
        (co_await s.acquire()).detach();
        ++passed;
    };
    {
        std::vector<coil::join_handle<>> all;
        all.reserve(count);
        for (std::size_t i = 0; i != count; ++i)
            all.push_back(coil::spawn_task(waits(), {}, coil::place::current(), &w.exec, &w.owner));
        w.exec.drain();
        CHECK(s.statistics().waiters == count);
        s.release(count);
        CHECK(passed == 0);
        w.exec.drain();
        CHECK(passed == count);
    }
    CHECK(s.available() == 0);
}

}  // namespace
