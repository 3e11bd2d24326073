// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/wait_list.hpp>

#include <cstdint>

namespace coil {

/// Is the place of a plain thread in a line. It lies on that thread's stack.
class thread_wait : public waiter {
public:
    explicit thread_wait(std::uint64_t wanted = 0) noexcept : waiter(parker_, this_holder(), wanted) {}

    /// Sleeps in the line until what it wants was granted, without polling; at once if it can be had at once.
    /// Returns false if the deadline came first.
    /// Errors: `errc::resource_deadlock_would_occur` on a thread that runs tasks, where it would have to wait: the loop
    /// or worker would stand still; `std::logic_error` if the primitive is destroyed meanwhile.
    bool sleep_in(wait_list& line, place where, time_point deadline = never);
    /// The second half, for who has entered the line already.
    bool sleep(wait_list& line, place where, time_point deadline = never);

    /// Throws as above if this thread must not wait.
    static void check_may_wait(const wait_list& line, place where);

private:
    parker parker_;
};

}  // namespace coil
