// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/mutex.hpp>

#include "../async/by_hand.hpp"
#include "../coro/partner.hpp"
#include "errors.hpp"
#include "lines.hpp"

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using by_hand::world;
using coil::mutex;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("mutex: a free one is locked without a suspension, and the guard unlocks it") {
    world w;
    mutex m;
    auto body = [&]() -> task<> {
        auto g = co_await m.lock();
        CHECK(m.locked());
        CHECK(static_cast<bool>(g));
        CHECK(m.taken_at().line() != 0);
    };
    auto r = w.start(body());
    w.exec.step();
    CHECK(r->value);
    CHECK_FALSE(m.locked());
    CHECK(m.statistics().longest_queue == 0);
}

TEST_CASE("mutex: first come, first served, one at a time, and nobody overtakes") {
    world w;
    mutex m;
    std::vector<int> order;
    int inside = 0;
    auto body = [&](int i) -> task<> {
        auto g = co_await m.lock();
        CHECK(++inside == 1);
        order.push_back(i);
        co_await coil::yield();
        co_await coil::yield();
        CHECK(--inside == 0);
    };
    std::vector<std::unique_ptr<by_hand::ran<void>>> all;
    for (int i = 0; i != 20; ++i) all.push_back(w.start(body(i)));
    w.exec.drain();
    REQUIRE(order.size() == 20);
    for (int i = 0; i != 20; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
    CHECK_FALSE(m.locked());
    const coil::wait_statistics s = m.statistics();
    CHECK(s.hand_overs == 19);
    CHECK(s.waiters == 0);
    CHECK(s.longest_queue == 19);
}

TEST_CASE("mutex: an unlock with waiters gives it to the first at once: who tries in between does not get it") {
    world w;
    mutex m;
    auto waits = [&]() -> task<> { auto g = co_await m.lock(); };
    REQUIRE(m.try_lock());
    auto a = w.run(waits());
    m.unlock();
    CHECK(m.locked());
    CHECK_FALSE(m.try_lock());
    CHECK_FALSE(a->ended);
    w.exec.drain();
    CHECK(a->value);
    CHECK(m.try_lock());
    m.unlock();
}

TEST_CASE("mutex: nobody is resumed inside somebody else's unlock") {
    world w;
    mutex m;
    bool unlocking = false, seen = false;
    auto first = [&]() -> task<> {
        auto g = co_await m.lock();
        co_await coil::yield();
        unlocking = true;
        g.unlock();
        unlocking = false;
    };
    auto second = [&]() -> task<> {
        auto g = co_await m.lock();
        seen = unlocking;
    };
    auto a = w.start(first()), b = w.start(second());
    w.exec.drain();
    CHECK(b->value);
    CHECK_FALSE(seen);
}

TEST_CASE("mutex: an unlock by a stranger, or of a free one, is reported at its line") {
    world w;
    mutex m;
    CHECK_MISUSE(error_of([&] { m.unlock(); }), std::errc::operation_not_permitted, "mutex_test.cpp:");
    auto holds = [&]() -> task<> {
        auto g = co_await m.lock();
        co_await coil::sleep_for(1s);
    };
    auto strange = [&]() -> task<> {
        m.unlock();
        co_return;
    };
    auto a = w.run(holds());
    auto b = w.run(strange());
    CHECK_MISUSE(b->error, std::errc::operation_not_permitted, "mutex_test.cpp:");
    CHECK(b->what().find("locked by somebody else, since") != std::string::npos);
    CHECK_MISUSE(error_of([&] { m.unlock(); }), std::errc::operation_not_permitted, "mutex_test.cpp:");
    CHECK(m.locked());
    w.exec.advance(1s);
    CHECK(a->value);
}

TEST_CASE("mutex: locking it twice in one branch is reported at its line, not waited for") {
    world w;
    mutex m;
    auto body = [&]() -> task<> {
        auto g = co_await m.lock();
        auto again = co_await m.lock();
    };
    auto r = w.run(body());
    CHECK_MISUSE(r->error, std::errc::resource_deadlock_would_occur, "mutex_test.cpp:");
    CHECK(text_of(r->error).find("this branch holds the mutex already") != std::string::npos);
    CHECK_FALSE(m.locked());
}

TEST_CASE("mutex: a thread that locks it twice is told of itself, not of a branch") {
    mutex m;
    const auto g = m.lock_blocking();
    const auto error = error_of([&] { (void)m.lock_blocking(); });
    CHECK_MISUSE(error, std::errc::resource_deadlock_would_occur, "mutex_test.cpp:");
    CHECK(text_of(error).find("this thread holds the mutex already") != std::string::npos);
}

TEST_CASE("mutex: a guard that goes to another branch takes the lock along") {
    world w;
    mutex m;
    std::optional<mutex::guard> kept;
    auto locks = [&]() -> task<mutex::guard> {
        auto g = co_await m.lock();
        co_return g;
    };
    auto body = [&]() -> task<> {
        auto [g, nothing] = co_await coil::when_all(locks(), coil::yield());
        m.unlock();  // it is ours now
        g.detach();
        CHECK_FALSE(m.locked());
        kept.emplace(co_await m.lock());
    };
    auto r = w.run(body());
    CHECK(r->what() == "value");
    REQUIRE(kept);
    mutex::guard mine(std::move(*kept));
    m.unlock();
    mine.detach();
    CHECK_FALSE(m.locked());
}

TEST_CASE("mutex: try_lock_for ends at its deadline or with the lock; a stop takes nothing") {
    world w;
    mutex m;
    REQUIRE(m.try_lock());
    auto tries = [&](coil::nanoseconds d) -> task<bool> {
        const bool got = co_await m.try_lock_for(d);
        if (got) m.unlock();
        co_return got;
    };
    CHECK(w.run(tries(0ms))->value == false);
    auto a = w.run(tries(10ms)), b = w.run(tries(20ms)), c = w.run(tries(1h));
    w.exec.advance(10ms);
    CHECK(a->value == false);
    c->handle.cancel();
    m.unlock();
    w.exec.drain();
    CHECK(b->value == true);
    CHECK(c->stopped);
    CHECK(w.exec.timers() == 0);
    CHECK_FALSE(m.locked());
    CHECK(w.run(tries(0ms))->value == true);
}

TEST_CASE("mutex: the mark of a line that emptied by itself goes, and the next unlock is a plain one") {
    world w;
    mutex m;
    REQUIRE(m.try_lock());
    auto waits = [&]() -> task<> { auto g = co_await m.lock(); };
    auto a = w.run(waits());
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    m.unlock();
    CHECK_FALSE(m.locked());
    CHECK(m.statistics().hand_overs == 0);
}

TEST_CASE("mutex: when its receiver is stopped at the very moment of the hand-over, the lock is his or the next one's") {
    partner other;
    for (unsigned round = 0; round != 2000; ++round) {
        world w;
        mutex m;
        auto locks = [&]() -> task<> { auto g = co_await m.lock(); };
        auto holds = [&](bool& go) -> task<> {
            auto g = co_await m.lock();
            while (!go) co_await coil::yield();
        };
        REQUIRE(m.try_lock());
        coil::lock_guard<mutex> held(m);
        auto first = w.run(locks()), second = w.run(locks());
        other.together(
            [&] {
                partner::linger(round);
                { const coil::lock_guard<mutex> over(std::move(held)); }
            },
            [&] {
                partner::linger(round / 64);
                first->handle.cancel();
                w.exec.drain();
            });
        w.exec.drain();
        REQUIRE(first->ended);
        REQUIRE(second->value);
        REQUIRE_FALSE(m.locked());
        static_cast<void>(holds);
    }
}

TEST_CASE("mutex: a plain thread waits in the same line, without polling") {
    world w;
    mutex m;
    std::atomic<bool> inside{false};
    auto holds = [&]() -> task<> {
        auto g = co_await m.lock();
        co_await coil::sleep_for(1s);
        CHECK_FALSE(inside);
    };
    auto a = w.run(holds());
    std::thread waits([&] {
        auto g = m.lock_blocking();
        inside = true;
    });
    while (m.statistics().waiters != 1) std::this_thread::yield();
    w.exec.advance(1s);
    waits.join();
    CHECK(a->value);
    CHECK(inside);
    CHECK_FALSE(m.locked());
}

TEST_CASE("mutex: lock_blocking on a thread that runs tasks succeeds at once or is refused") {
    world w;
    mutex m;
    auto body = [&]() -> task<> {
        { auto g = m.lock_blocking(); }
        CHECK_FALSE(m.locked());
        co_await coil::yield();
    };
    CHECK(w.run(body())->value);
    REQUIRE(m.try_lock());
    auto r = w.run(body());
    CHECK_MISUSE(r->error, std::errc::resource_deadlock_would_occur, "mutex_test.cpp:");
    m.unlock();
}

TEST_CASE("mutex: two threads take turns; each is served as often as it asks, and nothing is lost") {
    mutex m;
    long shared = 0;
    auto work = [&] {
        for (int i = 0; i != 20'000; ++i) {
            auto g = m.lock_blocking();
            ++shared;
        }
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(shared == 40'000);
}

// Who frees it while the other one waits does not get it again before that one has had it.
TEST_CASE("mutex: two threads: neither takes it past the other one that waits") {
    constexpr int turns = 300;
    mutex m;
    std::atomic<int> theirs{0};
    std::thread other([&] {
        for (int i = 0; i != turns; ++i) {
            auto g = m.lock_blocking();
            ++theirs;
        }
    });
    int overtaken = 0;
    for (int seen = 0; seen != turns;) {
        auto g = m.lock_blocking();
        if (theirs == seen) ++overtaken;
        seen = theirs;
        while (seen != turns && m.statistics().waiters == 0) std::this_thread::yield();
    }
    other.join();
    CHECK(overtaken <= 1);  // at first nobody waits
}

TEST_CASE("mutex: destroying it locked is reported; with waiters these end with an error") {
    const heard log;
    world w;
    {
        auto m = std::make_unique<mutex>();
        REQUIRE(m->try_lock());
        m.reset();
        REQUIRE(heard::all().size() == 1);
        CHECK(heard::all()[0].find("a mutex was destroyed while it was locked, since") == 0);
    }
    auto m = std::make_unique<mutex>();
    REQUIRE(m->try_lock());
    auto waits = [&]() -> task<> { auto g = co_await m->lock(); };
    auto r = w.run(waits());
    m.reset();
    w.exec.drain();
    CHECK(r->failed_with<std::logic_error>());
    REQUIRE(heard::all().size() == 2);
    CHECK(heard::all()[1] == "a mutex was destroyed while 1 waited for it; their waits end with an error");
}

TEST_CASE("mutex: a stopped task that holds it unlocks it") {
    world w;
    mutex m;
    auto holds = [&]() -> task<> {
        auto g = co_await m.lock();
        co_await coil::sleep_for(1h);
    };
    auto waits = [&]() -> task<> { auto g = co_await m.lock(); };
    auto a = w.run(holds()), b = w.run(waits());
    a->handle.cancel();
    w.exec.drain();
    CHECK(a->stopped);
    CHECK(b->value);
}

TEST_CASE("mutex: who is at home elsewhere is woken there, by whomever it was unlocked") {
    world here, there;
    mutex m;
    auto holds = here.start([](mutex& lock) -> task<> {
        auto g = co_await lock.lock();
        co_await coil::yield();
    }(m));
    here.exec.step();
    const coil::executor* ran_on = nullptr;
    auto wants = there.run([](mutex& lock, const coil::executor*& where) -> task<> {
        auto g = co_await lock.lock();
        where = coil::this_thread.here;
    }(m, ran_on));
    here.exec.drain();
    CHECK(holds->value);
    CHECK_FALSE(wants->ended);
    CHECK(m.locked());
    there.exec.drain();
    CHECK(wants->value);
    CHECK(ran_on == &there.exec);
}

TEST_CASE("mutex: used on one executor, and then on another") {
    mutex m;
    for (int i = 0; i != 3; ++i) {
        world w;
        auto locks = [&]() -> task<> {
            auto g = co_await m.lock();
            co_await coil::yield();
        };
        auto a = w.run(locks()), b = w.run(locks());
        CHECK(b->value);
    }
    auto g = m.lock_blocking();
    CHECK(m.locked());
}

}  // namespace
