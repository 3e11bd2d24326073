// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/kernel_options.hpp>

#include <doctest/doctest.h>

TEST_CASE("the sizes to begin with are 256 and 4,096, and nothing is hidden") {
    const coil::ring::kernel_options o;
    CHECK(o.submission_entries == 256);
    CHECK(o.completion_entries == 4096);
    CHECK(o.hide.named.none());
    CHECK(o.hide.opcodes.none());
    CHECK((o.enter == nullptr));
}
