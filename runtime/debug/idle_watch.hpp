// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/sched/loop.hpp>

#include <cstdint>
#include <exception>

namespace coil::debug {

/// Judges whether a run whose loop is about to sleep can ever go on.
/// Dead is what waits for locks in a circle, and what waits while nothing at all can happen: nothing is in flight on its
/// loop, no timer is armed, the pool and the blocking threads are at rest, no `work_guard` is held, no other run goes on,
/// no signal is caught, and the process has no thread but those of coil.
/// Cost: a look takes a few microseconds; the next one comes after a thousand times as long at the earliest, and if the
/// loop has done something meanwhile.
class idle_watch {
public:
    explicit idle_watch(task_owner& run) noexcept : run_(&run) {}

    struct verdict {
        std::exception_ptr dead;      // a `deadlock`
        time_point ask_again = never; // even if nothing has happened by then
    };
    /// Asked on the loop's thread. `alone` tells whether nothing outside of coil may still wake a task; it is asked only
    /// when it matters, which few sleeps come to.
    verdict ask(loop& l, bool (*alone)(void*), void* context) noexcept;

private:
    verdict look(loop& l, bool nothing_here, bool (*alone)(void*), void* context, time_point now);

    task_owner* run_;
    time_point due_ = time_point::min();
    std::uint64_t looked_after_ = ~std::uint64_t{0};  // so many resumptions
};

}  // namespace coil::debug
