// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>

namespace coil::ring {

/// Is told when it finds itself in a forked child, before fork returns there.
/// Threads: any. Cost: a lock on joining and leaving, nothing else; fork holds the lock.
/// Source: pthread_atfork(3). vfork, posix_spawn and clone with shared memory run no handlers and need none.
class fork_guard : public list_hook {
public:
    fork_guard(const fork_guard&) = delete;
    fork_guard& operator=(const fork_guard&) = delete;

    /// Called in the child, by the handler of fork alone.
    virtual void forked() noexcept = 0;

protected:
    fork_guard() = default;
    ~fork_guard() = default;

    /// To be called by the complete object: the handler may run from then on.
    void join();
    void leave() noexcept;
};

}  // namespace coil::ring
