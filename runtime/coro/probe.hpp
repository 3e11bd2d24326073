// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <coroutine>

namespace coil {

/// Is what looks on while code runs: each resumption and each call goes through it, as long as there is one. Nobody looks
/// on as a rule, and then that costs one load and a branch that is predicted.
/// Threads: its functions are called on all that run tasks, and may be on their way when it has been taken off.
struct probe {
    /// Does a resumption: `resume_unseen(h)`. The current branch is the one that goes on, or null if `h` is none's.
    void (*resumption)(std::coroutine_handle<> h) noexcept;
    /// Does a call: `j.run(j)`.
    void (*call)(job& j) noexcept;
    /// Says, inside of a call, for which branch it is made, and where that one waits for it.
    void (*call_is_for)(branch& b, place where) noexcept;
};

// acquire: what the functions use was made before it was set
inline constinit std::atomic<const probe*> present_probe{nullptr};

/// What `resume` does when nobody looks on.
void resume_unseen(std::coroutine_handle<> h) noexcept;

/// Runs a job.
inline void run_job(job& j) noexcept {
    if (const probe* const p = present_probe.load(std::memory_order_acquire)) [[unlikely]]
        return p->call(j);
    j.run(j);
}

}  // namespace coil
