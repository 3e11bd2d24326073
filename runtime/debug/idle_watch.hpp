// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/sched/loop.hpp>

#include <cstdint>
#include <exception>
#include <memory_resource>

namespace coil::debug {

/// Judges whether a run whose loop is about to sleep can ever go on.
/// Dead is what waits for locks in a circle, and what waits while nothing at all can happen: nothing is in flight on its
/// loop, no timer is armed, the pool and the blocking threads are at rest, no `work_guard` is held, no other run goes on,
/// no signal is caught, and the process has no thread but those of coil.
/// Cost: a look takes a few microseconds; the next one comes after a thousand times as long at the earliest, and if the
/// loop has done something meanwhile. Of the sleeps between, one in sixteen reads a counter while operations are in flight.
/// Where none is, each reads the clock too and has a deadline, unless threads of the program's own have been seen for long.
class idle_watch {
public:
    explicit idle_watch(task_owner& run) noexcept : run_(&run) {}

    struct verdict {
        std::exception_ptr dead;      // a `deadlock`
        time_point ask_again = never; // even if nothing has happened by then
        unsigned unasked = 0;         // so many further sleeps of this kind begin without asking
    };
    /// Asked on the loop's thread. `nothing_here`: what its `nothing_to_come` says. `alone` tells whether nothing outside
    /// of coil may still wake a task; it is asked only when it matters, which few sleeps come to.
    verdict ask(loop& l, bool nothing_here, bool (*alone)(void*), void* context) noexcept;

private:
    verdict look(loop& l, bool nothing_here, bool (*alone)(void*), void* context);

    task_owner* run_;
    std::uint64_t due_ = 0;                           // no look before the loop's stamp is that
    std::uint64_t looked_after_ = ~std::uint64_t{0};  // so many resumptions
    unsigned foreign_in_a_row_ = 0;                   // looks that have found threads of the program's own
    bool undecided_ = false;                          // others were at work when it was looked at
    // keeps what a look at a thousand tasks needs for the next one
    std::pmr::unsynchronized_pool_resource memory_{{.max_blocks_per_chunk = 0, .largest_required_pool_block = 1 << 15}};
};

}  // namespace coil::debug
