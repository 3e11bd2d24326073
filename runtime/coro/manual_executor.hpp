// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/timer.hpp>

#include <vector>

namespace coil {

/// Is an executor that a test drives by hand: nothing runs until told, time stands still until moved.
/// Threads: `post` from any; all else on the driving thread.
class manual_executor final : public executor {
public:
    manual_executor();
    ~manual_executor();

    void post(node& n) noexcept override;
    void post(node_list&& batch) noexcept override;
    void arm(timer_ref t) noexcept override;
    bool disarm(timer_ref t) noexcept override;
    time_point now() noexcept override { return now_; }
    bool wants_turn() noexcept override;

    /// Runs the node at the front; false if there is none.
    bool step();
    /// Runs until nothing is ready; returns how many nodes ran.
    std::size_t drain();
    /// Moves the clock, firing timers in the order of their deadlines and draining after each.
    void advance(nanoseconds d);
    /// Moves the clock alone, as a long computation does.
    void pass(nanoseconds d) noexcept { now_ = deadline_after(now_, d); }
    /// Fires what is due, without draining.
    void fire();

    std::size_t timers() const noexcept { return timers_.size(); }

private:
    class working;  // makes this thread work for this executor for a while
    void collect() noexcept;
    bool fire_first(time_point end);

    node_list ready_;
    spin_lock lock_;
    node_list posted_;
    std::vector<timer_ref> timers_;
    time_point now_{};
};

}  // namespace coil
