// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil {

/// Says, while it lives, that something outside coil may still wake a task (a signal's default action, a debugger, another
/// process that writes to shared memory): no run is taken for dead because nothing can happen, see `deadlock`. Threads and
/// caught signals need no such promise.
/// Threads: any.
class [[nodiscard]] work_guard {
public:
    work_guard() noexcept;
    ~work_guard();
    work_guard(const work_guard&) = delete;
    work_guard& operator=(const work_guard&) = delete;

    /// True while any guard of the process lives.
    static bool held() noexcept;
};

}  // namespace coil
