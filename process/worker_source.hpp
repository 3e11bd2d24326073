// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/pidfd.hpp>
#include <coil/process/worker_channel.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

// Where the workers of a pool come from. A pool sees of a worker two rings of messages and the words beside them; whether
// they are shared with a process of this machine, or served for one of another, is the source's affair.
namespace coil::process {

/// Is a worker as its pool knows it, beside the rings. Threads: any.
class hired_worker {
public:
    virtual ~hired_worker() = default;
    /// Sends a signal; false if it has ended. One that has yet to begin gets it then.
    virtual bool send(int signal) noexcept = 0;
    /// Its number where it runs; -1 before it does.
    virtual int pid() const noexcept = 0;
    /// Has whoever sleeps on `worker_sleeps` look.
    virtual void wake() noexcept = 0;
    /// Sends descriptors beside the rings, at once or not at all. Errors: `std::system_error` if it has died;
    /// `std::invalid_argument` where none can be sent.
    virtual bool pass(std::span<const int> numbers) = 0;
    virtual std::vector<ring::descriptor> receive(std::size_t count) = 0;
    /// Says who it was and how it ended: "(pid 7) was killed by signal 9 (Killed)".
    virtual std::string fate(const child_end& end) const = 0;
};

/// Says what a pool asks of a source.
struct worker_request {
    std::string name;
    /// Held as long as somebody is at the other side of the rings.
    std::shared_ptr<const shared_mapping> memory;
    int bell;  // rung for the pool
    /// Called once, on any thread: with the errno that kept the worker from starting, or 0 and how it ended. All that it
    /// said lies in the rings by then. It must not wait, throw, or take long.
    std::function<void(int error, const child_end& end)> gone;
};

class worker_source {
public:
    virtual ~worker_source() = default;
    /// How many workers a pool has that was not told.
    virtual std::size_t usual() const = 0;
    /// How many can run at once.
    virtual std::size_t most_at_once() const = 0;
    /// Is told how many a new pool will ask for. Errors: why there can be none.
    virtual void prepare(std::size_t workers) const = 0;
    /// Has a worker made. Errors: why there can be none.
    virtual std::shared_ptr<hired_worker> hire(worker_request r) const = 0;
};

/// Makes processes of this machine: this program, started again.
const worker_source& this_machine() noexcept;

}  // namespace coil::process
