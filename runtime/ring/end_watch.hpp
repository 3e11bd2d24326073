// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/spin_lock.hpp>

#include <atomic>
#include <cstdint>

namespace coil::ring {

/// Names a process so that a later one with the same number is told from it.
struct process_identity {
    std::uint32_t pid = 0;
    std::uint32_t space = 0;    // the namespace of its number; 0: unknown
    std::uint64_t started = 0;  // in ticks since the machine started; 0: unknown
    friend bool operator==(const process_identity&, const process_identity&) = default;
};
/// The calling process.
const process_identity& this_process() noexcept;

/// Tells when other processes have ended, and when nobody holds the writing end of a pipe any more: one thread of this
/// process sleeps for all of them. A process has ended when all its threads have, so what it shared stands still.
/// Threads: any. Lifetime: never destroyed. Cost: a descriptor for each thing watched; nothing while nothing ends.
class end_watch {
public:
    /// Is called once, on the thread of the watch, which waits meanwhile.
    using told = void (*)(void* context, std::uint64_t key) noexcept;

    /// Errors: `std::system_error` if it has no thread or descriptor; `std::logic_error` in a forked child.
    static end_watch& of_process();

    /// Shape: of a process that has ended before it tells as well; of one in another namespace of numbers never.
    /// Errors: `std::system_error`, "watch process 7: Too many open files".
    void process(const process_identity& who, told tell, void* context, std::uint64_t key);
    /// Takes the reading end of a pipe over. Errors: as above; the end is closed then.
    void pipe(int reading_end, told tell, void* context, std::uint64_t key);

private:
    end_watch();
    struct entry;
    void add(entry* e, std::uint32_t events);
    void main() noexcept;
    int epoll_ = -1;
    // What is watched: else the kernel alone would know where that is, and a leak checker takes it for lost.
    spin_lock lock_;
    intrusive_list<entry> watched_;  // guarded by lock_
};

/// Opens a descriptor of a process, which is readable once that has ended; the caller closes it.
/// Errors: -1 and errno; ESRCH if it has ended and been reaped. Source: pidfd_open(2).
int open_process(const process_identity& who) noexcept;

/// Asks whether a process has ended, at once; false where nobody here can know.
bool has_ended(const process_identity& who) noexcept;

/// True in a child of fork that has not called exec: nothing of coil works there. It is written there, and before fork
/// returns, once something is watched.
inline constinit std::atomic<bool> forked_child{false};
inline bool in_forked_child() noexcept {
    return forked_child.load(std::memory_order_relaxed);
}

}  // namespace coil::ring
