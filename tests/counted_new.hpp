// SPDX-License-Identifier: BSL-1.0
// Counts what is allocated. It replaces operator new, so one source of a program includes it; under a sanitizer, which has
// its own, nothing is counted.
#pragma once
#include "sanitized.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace counted_new {
inline std::atomic<std::size_t> calls{0};
}

#ifndef UNDER_A_SANITIZER
void* operator new(std::size_t size) {
    ++counted_new::calls;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
#endif
