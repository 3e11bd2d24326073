// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/work_guard.hpp>

#include <doctest/doctest.h>

#include <thread>

using coil::work_guard;

TEST_CASE("work_guard: is held while any of them lives, on whatever thread") {
    CHECK_FALSE(work_guard::held());
    {
        const work_guard g;
        CHECK(work_guard::held());
        std::thread([] {
            CHECK(work_guard::held());
            const work_guard another;
        }).join();
        CHECK(work_guard::held());
    }
    CHECK_FALSE(work_guard::held());
}
