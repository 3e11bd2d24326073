// SPDX-License-Identifier: BSL-1.0
#include <coil/process/clone_stack.hpp>

#include <sys/mman.h>

#include <array>
#include <atomic>

namespace coil::process {

namespace {

// As many as children may well be without their programs at once. Of each, a page or two was ever touched.
std::array<std::atomic<void*>, 16> spare{};

}  // namespace

bool clone_stack::allocate() noexcept {
    for (auto& place : spare) {
        if (place.load(std::memory_order_relaxed) == nullptr) continue;
        // pairs with the release below: what the last child did there is over
        memory_ = place.exchange(nullptr, std::memory_order_acquire);
        if (memory_ != nullptr) return true;
    }
    void* const fresh = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (fresh != MAP_FAILED) memory_ = fresh;
    return memory_ != nullptr;
}

clone_stack::~clone_stack() {
    if (memory_ == nullptr) return;
    for (auto& place : spare) {
        void* nothing = nullptr;
        if (place.load(std::memory_order_relaxed) == nullptr &&
            place.compare_exchange_strong(nothing, memory_, std::memory_order_release, std::memory_order_relaxed))
            return;
    }
    munmap(memory_, size);
}

}  // namespace coil::process
