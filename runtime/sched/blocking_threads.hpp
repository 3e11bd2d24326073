// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/node.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace coil {

/// Runs calls that block on threads of their own: they come when there is work, up to a limit, and go after a while
/// without any.
/// Shape: at most `most` threads; further jobs wait in line, first in, first out.
/// Threads: `submit` from any. Lifetime: never destroyed. Cost: a sleeping thread is woken per job; a thread that is
/// looking for work takes it without.
class blocking_threads {
public:
    explicit blocking_threads(std::size_t most);

    /// Errors: `std::system_error` if not even one thread can be had; the job is then not queued.
    void submit(job& j);
    std::size_t threads() const noexcept;
    /// True if every thread sleeps and no job is queued.
    bool at_rest() const noexcept;
    /// How many jobs have been submitted so far.
    std::uint64_t submitted() const noexcept;

private:
    struct sleeper {
        parker park;
        bool chosen = false;
    };
    void main() noexcept;
    job* next() noexcept;

    mutable spin_lock lock_;
    node_list jobs_;
    std::vector<sleeper*> asleep_;
    std::size_t threads_ = 0;
    std::size_t looking_ = 0;  // chosen or about to look: they will take what is queued
    std::size_t queued_ = 0;
    std::size_t born_ = 0;
    std::uint64_t submitted_ = 0;
    const std::size_t most_;
};

/// The process's threads for `blocking`: up to 512.
blocking_threads& blocking_pool();

}  // namespace coil
