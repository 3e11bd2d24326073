// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/signal_set.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/run/stop_on.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

using namespace io_test;
using namespace std::chrono_literals;
using coil::signal_set;

namespace {

bool is_blocked(int number) {
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return sigismember(&now, number) == 1;
}

}  // namespace

TEST_CASE("signals come as values") {
    coil::run([]() -> task<> {
        signal_set s{SIGUSR1, SIGHUP};
        const auto waits = [&]() -> task<coil::signal_info> { co_return co_await s.next(); };
        auto h = coil::spawn(waits());
        co_await suspended(h);
        co_await coil::blocking([] { ::kill(::getpid(), SIGUSR1); });
        auto i = co_await h;
        CHECK(i.number == SIGUSR1);
        CHECK(i.code == SI_USER);
        CHECK(i.pid == static_cast<std::uint32_t>(::getpid()));
        CHECK(i.uid == ::getuid());
        ::kill(::getpid(), SIGHUP);
        ::kill(::getpid(), SIGHUP);  // comes once
        auto all = s.signals();
        CHECK((co_await all.next())->number == SIGHUP);
        CHECK_THROWS_AS(co_await coil::timeout(0ms, s.next()), coil::timed_out);
        sigval v{};
        v.sival_int = 77;
        REQUIRE(::sigqueue(::getpid(), SIGUSR1, v) == 0);
        i = co_await s.next();
        CHECK(i.value == 77);
        CHECK(i.code == SI_QUEUE);
    }());
}

TEST_CASE("a set blocks its signals where it is made, and unblocks what it had blocked") {
    REQUIRE_FALSE(is_blocked(SIGUSR1));
    sigset_t two;
    sigemptyset(&two);
    sigaddset(&two, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &two, nullptr);
    {
        signal_set s{SIGUSR1, SIGUSR2, SIGUSR1};
        CHECK(is_blocked(SIGUSR1));
        signal_set moved(std::move(s));
        CHECK(is_blocked(SIGUSR1));
        ::raise(SIGUSR1);
        coil::run([](signal_set& of_main) -> task<> { CHECK((co_await of_main.next()).number == SIGUSR1); }(moved));
    }
    CHECK_FALSE(is_blocked(SIGUSR1));
    CHECK(is_blocked(SIGUSR2));
    pthread_sigmask(SIG_UNBLOCK, &two, nullptr);
}

TEST_CASE("a signal is taken by one only") {
    coil::run([]() -> task<> {
        {
            signal_set s{SIGUSR1, SIGHUP};
            try {
                signal_set other{SIGUSR2, SIGHUP};
                FAIL("it was free");
            } catch (const std::logic_error& e) {
                CHECK(std::string(e.what()) == "coil: signal 1 is taken by a signal_set");
            }
            CHECK_FALSE(is_blocked(SIGUSR2));
            signal_set third{{SIGUSR2}};
            CHECK_THROWS_AS(coil::stop_on({SIGTERM, SIGHUP}), std::logic_error);
        }
        coil::stop_on({SIGUSR1});
        coil::stop_on({SIGUSR1, SIGHUP});
        CHECK_THROWS_AS(signal_set{{SIGUSR1}}, std::logic_error);
        co_return;
    }());
    signal_set again{SIGUSR1, SIGHUP, SIGTERM};
}

TEST_CASE("what cannot be caught is refused by its number") {
    for (const int number : {SIGKILL, SIGSTOP, 0, -1, 1000}) {
        try {
            signal_set s{{number}};
            FAIL("it can be caught");
        } catch (const std::system_error& e) {
            CHECK(std::string(e.what()) == "signal_set signal " + std::to_string(number) + ": Invalid argument");
        }
    }
}

TEST_CASE("a set's next that is stopped loses no signal") {
    coil::run([]() -> task<> {
        signal_set s{{SIGUSR1}};
        for (int i = 0; i < 20; ++i) {
            bool told = false;
            const auto waits = [&]() -> task<> {
                (void)co_await s.next();
                told = true;
            };
            auto h = coil::spawn(waits());
            if (i % 4 != 0) co_await suspended(h);
            ::kill(::getpid(), SIGUSR1);
            if (i % 3 == 0) co_await coil::yield();
            h.cancel();
            co_await h.join_for(1h);
            if (!told) CHECK((co_await s.next()).number == SIGUSR1);
        }
    }());
}
