// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/item_stack.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace {

using stack = coil::item_stack<std::shared_ptr<int>>;

std::optional<std::shared_ptr<int>> pop(stack& s) {
    std::optional<std::shared_ptr<int>> one;
    s.pop(one);
    return one;
}

TEST_CASE("item_stack: the latest goes first, through growing, and every item dies once") {
    const auto item = std::make_shared<int>(0);
    {
        stack s;
        for (std::intptr_t i = 0; i != 100; ++i) {
            if (!s.has_room()) {
                stack::memory bigger(s.room() == 0 ? 2 : 2 * s.room());
                s.move_into(bigger);
            }
            s.push(std::shared_ptr<int>(item, reinterpret_cast<int*>(i)));
        }
        for (std::intptr_t i = 100; i-- != 50;) CHECK(reinterpret_cast<std::intptr_t>(pop(s)->get()) == i);
        CHECK(item.use_count() == 51);
    }
    CHECK(item.use_count() == 1);
}

}  // namespace
