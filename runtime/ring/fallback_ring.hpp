// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fork_guard.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <memory>

namespace coil::ring {

/// Chooses the size of a fallback ring and what it may use.
struct fallback_options {
    unsigned submission_entries = 256;   ///< rounded up to a power of two
    unsigned completion_entries = 4096;  ///< likewise; more completions than that cost time only
    features hide{};                     ///< not used although the kernel has it; COIL_RING_HIDE adds to it
    bool try_files = true;               ///< a file can be asked not to wait (preadv2 with RWF_NOWAIT)
    bool exact_waits = true;             ///< a wait can last nanoseconds (epoll_pwait2), otherwise whole milliseconds
};

/// Has its entries answered without io_uring: by calls that do not wait and epoll, and by threads where a call may wait
/// for a disk.
/// Shape: what `has(opcode)` tells; -EINVAL else, and for links, fixed files and provided buffers. An entry that could be
/// answered at once is. A thread that has begun is interrupted by a cancellation, which answers -EALREADY.
/// Errors: the constructor throws `std::system_error` where there is no descriptor or memory left.
/// Threads: as `ring`; the owner destroys it. Threads named coil-file-N come with the first entry for a file.
/// Lifetime: as `kernel_ring`. A number that is closed under an entry leaves that waiting until it is cancelled.
/// Cost: two descriptors. About one system call per entry, one more per wait, and one per descriptor that a `descriptor`
/// owns (per wait for others); no allocation in the steady state.
/// Source: epoll(7), preadv2(2), epoll_pwait2(2).
class fallback_ring final : public ring, private fork_guard {
public:
    explicit fallback_ring(const fallback_options& options = {});
    ~fallback_ring() override;

    void submit_and_wait(time_point deadline) override;
    long now(const call& what) override;
    int close(int fd) noexcept override;
    time_point clock() const noexcept override;
    void wake() noexcept override;

private:
    class parts;
    void submit();
    void look(time_point deadline);
    void check_owner();
    void forked() noexcept override;

    const std::unique_ptr<parts> parts_;
    unsigned not_looked_ = 0;  // visits that found enough to do without asking epoll
};

}  // namespace coil::ring
