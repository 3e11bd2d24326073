// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/spin_mutex.hpp>

#include "../async/by_hand.hpp"
#include "../in_a_child.hpp"
#include "../sanitized.hpp"

#include <coil/runtime/async/sleep.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>

#include <csignal>
#include <mutex>
#include <string>
#include <thread>

namespace {

TEST_CASE("spin_mutex: a Lockable that excludes threads") {
    coil::spin_mutex m;
    long shared = 0;
    auto work = [&] {
        for (int i = 0; i != 20'000; ++i) {
            const std::scoped_lock held(m);
            ++shared;
        }
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(shared == 40'000);
    CHECK(m.try_lock());
    CHECK_FALSE(m.try_lock());
    m.unlock();
    CHECK(coil::held_spins == 0);
}

#if !defined(NDEBUG) && !defined(UNDER_A_SANITIZER)
// What a child that runs f says before it aborts.
template <class F>
std::string last_words(F f) {
    const auto [status, text] = in_a_child(f);
    CHECK_FALSE(text.empty());
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    return text;
}

TEST_CASE("spin_mutex: to suspend with one ends the process with a sentence") {
    const std::string said = last_words([] {
        by_hand::world w;
        coil::spin_mutex m;
        auto body = [&]() -> coil::task<> {
            const std::scoped_lock held(m);
            co_await coil::yield();
        };
        auto r = w.run(body());
    });
    CHECK(said.find("a coil::spin_mutex is held over a co_await") != std::string::npos);
}

// As on a loop, where whoever suspends goes straight on to the next.
TEST_CASE("spin_mutex: nobody who would spin for it is resumed first") {
    const std::string said = last_words([] {
        by_hand::world w;
        coil::spin_mutex m;
        auto holds = [&]() -> coil::task<> {
            coil::this_thread.turns = 8;
            const std::scoped_lock held(m);
            co_await coil::yield();
        };
        auto spins = [&]() -> coil::task<> {
            co_await coil::yield();
            const std::scoped_lock held(m);
        };
        auto other = w.start(spins());
        w.exec.step();
        auto r = w.run(holds());
    });
    CHECK(said.find("a coil::spin_mutex is held over a co_await") != std::string::npos);
}
#endif

}  // namespace
