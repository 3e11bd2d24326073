// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/item_heap.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

TEST_CASE("item_heap: the greatest goes first, equal ones in their order") {
    using item = std::pair<int, std::string>;
    struct by_number {
        bool operator()(const item& a, const item& b) const { return a.first < b.first; }
    };
    using heap = coil::item_heap<item, by_number>;
    heap h;
    std::uint64_t gone = 0, come = 0;
    for (int i = 0; i != 200; ++i) {
        if (come - gone == h.room()) {
            heap::memory bigger(h.room() == 0 ? 2 : 2 * h.room());
            h.move_into(bigger, gone, come);
        }
        h.push(gone, come++, {i * 7 % 10, std::to_string(i)});
    }
    std::optional<item> one;
    int last = 10, came = -1;
    while (come - gone > 3) {
        h.pop(gone++, come, one);
        if (one->first != last) came = -1;
        CHECK(one->first <= last);
        CHECK(std::stoi(one->second) > came);
        last = one->first;
        came = std::stoi(one->second);
    }
    h.clear(gone, come);
}
