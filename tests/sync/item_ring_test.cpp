// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/item_ring.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace {

using ring = coil::item_ring<std::shared_ptr<int>>;

// Which items there are is what a queue knows.
struct numbered {
    ring r;
    std::uint64_t first = 0, last = 0;

    ~numbered() { r.clear(first, last); }
    void push(std::shared_ptr<int> p) {
        if (last - first == r.room()) {
            ring::memory bigger(r.room() == 0 ? 2 : 2 * r.room());
            r.move_into(bigger, first, last);
        }
        r.push(first, last++, std::move(p));
    }
    std::optional<std::shared_ptr<int>> pop() {
        std::optional<std::shared_ptr<int>> one;
        r.pop(first++, last, one);
        return one;
    }
};

TEST_CASE("item_ring: keeps the order round its end and through growing, and every item dies once") {
    const auto item = std::make_shared<int>(0);
    {
        numbered n;
        CHECK(n.r.room() == 0);
        std::intptr_t in = 0, out = 0;
        for (int round = 0; round != 300; ++round) {
            for (int i = 0; i != 3; ++i, ++in) n.push(std::shared_ptr<int>(item, reinterpret_cast<int*>(in)));
            for (int i = 0; i != 2; ++i, ++out) CHECK(reinterpret_cast<std::intptr_t>(n.pop()->get()) == out);
        }
        CHECK(n.r.room() == 512);
        CHECK(item.use_count() == 301);
    }
    CHECK(item.use_count() == 1);
}

}  // namespace
