// SPDX-License-Identifier: BSL-1.0
#include "../counted_new.hpp"
#include "counted_allocations.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <new>

std::size_t io_test::allocations() noexcept {
    return counted_new::calls.load();
}

#ifndef UNDER_A_SANITIZER
TEST_CASE("an allocation is counted") {
    const std::size_t before = io_test::allocations();
    void* const memory = ::operator new(before % 7 + 1);
    ::operator delete(memory);
    CHECK(io_test::allocations() > before);
}
#endif
