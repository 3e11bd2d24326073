// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/coro/node.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace coil::process {

class child_state;

/// Is a thread that lasts as long as the process. It makes the children that are to end with their parent (the kernel means
/// the thread that made them), and takes the status of children that nobody waits for any more, so that none becomes a
/// zombie.
/// Threads: any. Lifetime: never destroyed. Cost: the thread comes with the first need. It holds no descriptor of its own
/// but while it waits for children.
class nursery {
public:
    static nursery& of_process();

    /// Runs a job on the thread. Errors: `std::system_error` if there is no thread to be had; then it is not queued.
    void submit(job& j);
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
