// SPDX-License-Identifier: BSL-1.0
#include "../sanitized.hpp"
#include "counted_allocations.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> count{0};
}

std::size_t io_test::allocations() noexcept {
    return count.load();
}

#ifndef UNDER_A_SANITIZER  // which has its own
void* operator new(std::size_t size) {
    ++count;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

TEST_CASE("an allocation is counted") {
    const std::size_t before = io_test::allocations();
    void* const memory = ::operator new(before % 7 + 1);
    ::operator delete(memory);
    CHECK(io_test::allocations() > before);
}
#endif
