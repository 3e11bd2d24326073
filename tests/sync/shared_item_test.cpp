// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/shared_item.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("shared_item: one value for many, in memory that is used again") {
    const void* first = nullptr;
    {
        const coil::shared_item<std::string> a = coil::share(std::string("text"));
        const coil::shared_item<std::string> b = a;
        CHECK(*b == "text");
        CHECK(a.use_count() == 2);
        first = a.get();
    }
    CHECK(first != nullptr);
    CHECK(coil::recycling_allocator<int>() == coil::recycling_allocator<char>());
}
