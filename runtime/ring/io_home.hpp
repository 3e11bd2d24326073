// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/call.hpp>

#include <atomic>

namespace coil {
class branch;
class executor;
struct node;
}  // namespace coil

namespace coil::ring {

class ring;

/// Is a loop as operations see it: an executor on one thread, and the ring that this thread owns. Every loop has one.
/// Lifetime: outlives the operations that are in flight on it.
struct io_home {
    executor& loop;
    ring& entries;
    /// Takes an operation from another thread, and may let that thread put the waking of the loop off until it has nothing
    /// more to hand over; null: the loop's `post`.
    void (*take_over)(io_home& self, node& operation) noexcept = nullptr;
    /// How many branches were sent elsewhere with a result, less how many came back with an operation; on the loop's
    /// thread, which begins to count anew when nobody comes.
    unsigned out = 0;
    /// Where something was left to one thread of several, and is to be looked after; on the loop's thread.
    executor* entrusted = nullptr;
    /// Entries that have yet to complete; on the loop's thread.
    unsigned in_flight = 0;
};

/// The loop that this thread drives, or null. The loop sets it while it runs.
inline constinit thread_local io_home* this_io_home = nullptr;

/// The loop that answers for branches on threads that drive none (pool workers). The run sets it while it lasts.
inline constinit std::atomic<io_home*> io_home_of_pool{nullptr};
/// The same for a thread that runs the branches of pools itself, as a simulation does; it comes first.
inline constinit thread_local io_home* io_home_of_pool_here = nullptr;

/// Where the operations of a branch go: the loop that runs it, or else the loop of its run.
/// Errors: `std::logic_error` if there is none.
io_home& io_home_for(const branch& b);

/// Does a call at once for code that may run outside of any loop: by this thread's ring, in a simulation by the one that
/// answers for pools, else by the kernel. Threads: any.
long call_here(const call& what);
/// The ring that alone can close what `call_here` opens, or null if that is the kernel's.
ring* keeper_here() noexcept;

}  // namespace coil::ring
