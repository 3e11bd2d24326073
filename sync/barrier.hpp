// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

namespace coil {

/// Lets a number of parties meet, again and again: each waits until all have arrived.
/// Shape: of zero parties, or fewer: `std::invalid_argument`.
/// Completes: when the last one has arrived; that one calls the completion function first, at its home and before
/// anybody goes on. Errors: what that function throws is thrown at every party of this meeting; the next one is as new.
/// Cancel: an arrival that is stopped before the last one came is taken back, and the others go on waiting.
/// Threads: any, mixed. Lifetime: as `event`. Cost: the lock of the line at each arrival; nothing is ever allocated.
class barrier {
public:
    class [[nodiscard("co_await it")]] meeting_wait : public line_wait {
    public:
        static constexpr bool selectable = false;  // it has arrived

        meeting_wait(barrier& b, place where) noexcept : line_wait(b.line_, where), barrier_(&b) {}
        meeting_wait(meeting_wait&& other) noexcept : line_wait(std::move(other)), barrier_(other.barrier_) {}
        bool await_ready() noexcept {
            wants = reinterpret_cast<std::uintptr_t>(&error_);
            return refused();
        }
        void await_resume();

    private:
        barrier* barrier_;
        std::exception_ptr error_;
    };

    explicit barrier(coil::count parties, std::function<void()> completion = {}, place where = place::current());
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    meeting_wait arrive_and_wait(place where = place::current()) noexcept { return {*this, where}; }
    void arrive_and_wait_blocking(place where = place::current());
    /// Arrives, does not wait, and will not come again: from now on there is one party less.
    /// Errors: `std::logic_error` if no party is left; what the completion function throws.
    void arrive_and_drop(place where = place::current());
    /// How many parties there are.
    std::uint64_t parties() const noexcept;
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    static bool arrive(wait_list& line, waiter& w) noexcept;
    static void left(wait_list& line, waiter& w, wake_batch& wakes) noexcept;
    static constexpr line_rules rules{"barrier", &arrive, &left};
    bool is_last() noexcept;
    void complete();

    mutable spin_lock lock_;
    std::uint64_t parties_;      // these under the lock
    std::uint64_t arrived_ = 0;  // at the present meeting
    std::uint64_t end_ = 0;      // tickets below are of meetings whose last party has come
    std::function<void()> completion_;
    wait_list line_;
};

}  // namespace coil
