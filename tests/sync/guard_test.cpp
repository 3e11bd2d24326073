// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/guard.hpp>

#include <coil/sync/mutex.hpp>

#include "errors.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace {

using coil::mutex;

TEST_CASE("guard: it unlocks once, when it goes, is given another, or is told to") {
    mutex a, b;
    REQUIRE(a.try_lock());
    mutex::guard g(a);
    CHECK(g.owner() == &a);
    mutex::guard moved(std::move(g));
    CHECK_FALSE(static_cast<bool>(g));
    CHECK(a.locked());
    REQUIRE(b.try_lock());
    moved = mutex::guard(b);
    CHECK_FALSE(a.locked());
    moved.unlock();
    CHECK_FALSE(b.locked());
    CHECK_MISUSE(error_of([&] { moved.unlock(); }), std::errc::operation_not_permitted, "guard_test.cpp:");
}

TEST_CASE("guard: what is detached stays locked") {
    mutex m;
    {
        REQUIRE(m.try_lock());
        mutex::guard g(m);
        CHECK(g.detach() == &m);
    }
    CHECK(m.locked());
    m.unlock();
}

}  // namespace
