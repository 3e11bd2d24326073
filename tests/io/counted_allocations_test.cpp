// SPDX-License-Identifier: BSL-1.0
#include "counted_allocations.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {
std::atomic<std::size_t> count{0};
}

std::size_t io_test::allocations() noexcept {
    return count.load();
}

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
    const auto volatile_size = std::make_unique<std::size_t[]>(before % 7 + 1);
    CHECK(volatile_size != nullptr);
    CHECK(io_test::allocations() > before);
}
