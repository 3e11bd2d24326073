// SPDX-License-Identifier: BSL-1.0
// Counts allocations by standing in front of glibc's malloc, which operator new and C libraries reach alike.
#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "allocations.hpp"

namespace measure {

namespace {
// Only a plain load while off, so that the timed pass of an allocating peer is not slowed by a locked add.
constinit std::atomic<std::uint64_t> counted{0};
constinit std::atomic<std::atomic<std::uint64_t>*> counter{nullptr};

inline void count() {
    if (auto* c = counter.load(std::memory_order_relaxed)) [[unlikely]]
        c->fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

void count_allocations() {
    count_allocations_in(counted);
}
void count_allocations_in(std::atomic<std::uint64_t>& word) {
    counter.store(&word, std::memory_order_relaxed);
}
std::uint64_t allocations() {
    return counted.load(std::memory_order_relaxed);
}

}  // namespace measure

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t n) {
    measure::count();
    return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
    measure::count();
    return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
    measure::count();
    return __libc_realloc(p, n);
}
void* memalign(std::size_t alignment, std::size_t n) {
    measure::count();
    return __libc_memalign(alignment, n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) {
    return memalign(alignment, n);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t n) {
    void* p = memalign(alignment, n);
    if (p == nullptr) return ENOMEM;
    *out = p;
    return 0;
}
}
