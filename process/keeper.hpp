// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/pidfd.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace coil::process {

/// Is a process that runs this program again; see `start_worker`. Threads: any.
class worker_process {
public:
    /// The descriptors that it gets, numbered from 3 on in their order. They may be closed once `started` was called.
    std::vector<int> descriptors;
    std::vector<std::string> arguments;  // behind the name of the program
    /// Called on the keeper's thread: with 0, or the errno that kept it from starting; and once it has ended.
    /// They must not wait, throw, or take long.
    std::function<void(int error)> started;
    std::function<void(const child_end& end)> ended;

    /// Sends a signal; false if the process has ended, or never began. One that has yet to begin gets it then.
    bool send(int signal) noexcept;
    int pid() const noexcept;
    bool alive() const noexcept;
    /// How it ended; `running` before.
    child_end end() const noexcept;

private:
    friend class keeper;
    enum class life : std::uint8_t { waiting, running, over };
    mutable std::mutex lock_;  // guards all below
    life life_ = life::waiting;
    int pid_ = -1;
    int wanted_signal_ = 0;
    ring::descriptor pidfd_;
    child_end end_;
};

/// Starts a worker from the keeper: a thread of its own that lasts as long as the process, starts every worker, and takes
/// the status of each when it ends; so no run has to go on for that, and none becomes a zombie.
/// Errors: `std::logic_error` if `init` was not called first in main; `std::system_error` if there is no thread to be had.
void start_worker(std::shared_ptr<worker_process> w);

/// "was killed by signal 9 (Killed)", "ended with exit code 3".
std::string text_of(const child_end& end);

}  // namespace coil::process
