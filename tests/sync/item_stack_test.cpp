// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/item_stack.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace {

using stack = coil::item_stack<std::shared_ptr<int>>;

TEST_CASE("item_stack: the latest goes first, through growing, and every item dies once") {
    const auto item = std::make_shared<int>(0);
    {
        stack s;
        std::uint64_t gone = 0, come = 0;
        for (std::intptr_t i = 0; i != 100; ++i) {
            if (come - gone == s.room()) {
                stack::memory bigger(s.room() == 0 ? 2 : 2 * s.room());
                s.move_into(bigger, gone, come);
            }
            s.push(gone, come++, std::shared_ptr<int>(item, reinterpret_cast<int*>(i)));
        }
        std::optional<std::shared_ptr<int>> one;
        for (std::intptr_t i = 100; i-- != 50;) {
            s.pop(gone++, come, one);
            CHECK(reinterpret_cast<std::intptr_t>(one->get()) == i);
        }
        one.reset();
        CHECK(item.use_count() == 51);
        s.clear(gone, come);
    }
    CHECK(item.use_count() == 1);
}

}  // namespace
