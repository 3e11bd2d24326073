// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/task_row.hpp>

#include <doctest/doctest.h>

TEST_CASE("a row begins empty") {
    const coil::task_row r;
    CHECK(r.id == 0);
    CHECK(r.name.empty());
    CHECK(r.state.empty());
    CHECK(r.waits_for.empty());
    CHECK(r.awaits.empty());
    CHECK(r.spawned_at.line() == 0);
}
