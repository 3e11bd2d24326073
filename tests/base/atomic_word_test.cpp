// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/atomic_word.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <type_traits>

TEST_CASE("an atomic word is std::atomic, but where it is explored") {
    CHECK(std::is_same_v<coil::atomic_word<int>, std::atomic<int>>);
    CHECK(std::is_same_v<coil::atomic_word<void*>, std::atomic<void*>>);
}
