// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/lock_wait.hpp>

#include <coil/sync/mutex.hpp>

#include "../async/by_hand.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_any.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace {

using by_hand::world;
using coil::task;
using namespace std::chrono_literals;

TEST_CASE("lock_wait: it is an awaiter like any other: under a timeout, as a result, against another") {
    world w;
    coil::mutex m, held;
    REQUIRE(held.try_lock());
    auto body = [&]() -> task<> {
        { auto g = co_await coil::timeout(1s, m.lock()); }
        CHECK_FALSE(m.locked());
        auto r = co_await coil::as_result(m.lock());
        CHECK(r.has_value());
        auto first = co_await coil::when_any(held.lock(), coil::yield());
        CHECK(first.index() == 1);
        (void)co_await coil::timeout(5ms, held.lock());
    };
    auto r = w.run(body());
    w.exec.advance(5ms);
    CHECK(r->failed_with<coil::timed_out>());
    CHECK(held.statistics().waiters == 0);
    held.unlock();
    CHECK_FALSE(held.locked());
}

}  // namespace
