// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pool_options.hpp>

#include <doctest/doctest.h>

#include <type_traits>

// Options are written in braces inside co_await expressions, where g++ 12 destroys what owns something twice.
static_assert(std::is_trivially_destructible_v<coil::process::pool_options>);
static_assert(std::is_trivially_destructible_v<coil::process::map_options>);

TEST_CASE("pool_options: everything has a default") {
    const coil::process::pool_options o;
    CHECK(o.initialiser == nullptr);
    CHECK(!o.max_tasks_per_child.given());
    CHECK(o.name.empty());
    CHECK(o.stop_grace > coil::nanoseconds::zero());
    CHECK(!coil::process::map_options().chunk.given());
}
