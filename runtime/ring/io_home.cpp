// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/io_home.hpp>

#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/ring/kernel_call.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <stdexcept>

namespace coil::ring {

namespace {
io_home* of_pool() noexcept {
    return io_home_of_pool_here != nullptr ? io_home_of_pool_here : io_home_of_pool.load(std::memory_order_acquire);
}
// Not the pool's loop as every thread sees it: one that belongs to no run may outlive that loop, and where it is seen its
// calls are the kernel's in any case.
io_home* found_here() noexcept {
    return this_io_home != nullptr ? this_io_home : io_home_of_pool_here;
}
}  // namespace

io_home& io_home_for(const branch& b) {
    if (this_io_home != nullptr) [[likely]]
        return *this_io_home;
    if (b.root != nullptr)
        if (void* const of_run = b.root->owner().run().io_home()) return *static_cast<io_home*>(of_run);
    if (io_home* const h = of_pool()) return *h;
    throw std::logic_error("coil: an operation was awaited on a thread of a pool while no loop runs");
}

long call_here(const call& what) {
    io_home* const h = found_here();
    return h != nullptr ? h->entries.now(what) : kernel_call(what);
}

ring* keeper_here() noexcept {
    io_home* const h = found_here();
    return h != nullptr && h->entries.keeps_descriptors() ? &h->entries : nullptr;
}

}  // namespace coil::ring
