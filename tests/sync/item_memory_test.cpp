// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/item_memory.hpp>

#include <doctest/doctest.h>

#include <cstdint>

TEST_CASE("item_memory: has room, aligned, and nothing in it; a swap changes owners") {
    struct alignas(64) wide {
        char c;
    };
    coil::item_memory<wide> none, some(3);
    CHECK(none.size() == 0);
    CHECK(none.data() == nullptr);
    REQUIRE(some.size() == 3);
    CHECK(reinterpret_cast<std::uintptr_t>(some.data()) % 64 == 0);
    const wide* const where = some.data();
    none.swap(some);
    CHECK(none.data() == where);
    CHECK(some.size() == 0);
}
