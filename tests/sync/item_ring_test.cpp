// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/item_ring.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace {

using ring = coil::item_ring<std::shared_ptr<int>>;

void grow(ring& r) {
    ring::memory bigger(r.room() == 0 ? 2 : 2 * r.room());
    r.move_into(bigger);
}

std::optional<std::shared_ptr<int>> pop(ring& r) {
    std::optional<std::shared_ptr<int>> one;
    r.pop(one);
    return one;
}

TEST_CASE("item_ring: keeps the order round its end and through growing, and every item dies once") {
    const auto item = std::make_shared<int>(0);
    {
        ring r;
        CHECK_FALSE(r.has_room());
        std::intptr_t in = 0, out = 0;
        for (int round = 0; round != 300; ++round) {
            for (int i = 0; i != 3; ++i, ++in) {
                if (!r.has_room()) grow(r);
                r.push(std::shared_ptr<int>(item, reinterpret_cast<int*>(in)));
            }
            for (int i = 0; i != 2; ++i, ++out) CHECK(reinterpret_cast<std::intptr_t>(pop(r)->get()) == out);
        }
        CHECK(r.size() == 300);
        CHECK(item.use_count() == 301);
    }
    CHECK(item.use_count() == 1);
}

}  // namespace
