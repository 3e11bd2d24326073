// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace coil::process {

class child_state;

/// Is a thread that lasts as long as the process. It makes children where the caller's thread has something better to do
/// than to wait for an exec, and those that are to end with their parent (the kernel means the thread). And it takes the
/// status of children that nobody waits for any more, so that none becomes a zombie.
/// Threads: any. Lifetime: never destroyed. Cost: the thread comes with the first need. It holds no descriptor of its own
/// but while it waits for children.
class nursery {
public:
    static nursery& of_process();

    /// Runs a job on the thread. Errors: `std::system_error` if there is no thread to be had; then it is not queued.
    void submit(job& j);
    /// True while it has jobs. It may be wrong by the time that it is used.
    static bool is_busy() noexcept { return launches_.load(std::memory_order_relaxed) != 0; }
    /// Takes the status of a child once it has ended.
    void bury(std::shared_ptr<child_state> c) noexcept;

private:
    nursery() = default;
    void begin();
    void wake(std::unique_lock<std::mutex> held) noexcept;
    void main() noexcept;
    void take_new();
    void run_jobs() noexcept;
    void wait_for_ends();

    // Jobs that it has not ended, for `is_busy`; nothing is ordered by it.
    static inline constinit std::atomic<unsigned> launches_{0};
    std::mutex lock_;  // guards the next five
    node_list jobs_;
    std::vector<std::shared_ptr<child_state>> new_;
    bool begun_ = false;
    bool in_poll_ = false;  // it waits for descriptors, `bell_` among them; else it is parked, or looks again by itself
    int bell_ = -1;
    parker park_;
    std::vector<std::shared_ptr<child_state>> dying_;  // the thread's alone
};

}  // namespace coil::process
