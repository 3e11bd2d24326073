// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/clone_child.hpp>
#include <coil/process/clone_stack.hpp>
#include <coil/process/launch.hpp>
#include <coil/runtime/base/futex.hpp>

#include <array>
#include <memory>

namespace coil::process {

/// Is a child on its way to its program: it is made, and is at work in this process's memory until it runs that or has
/// ended. Nobody has to wait meanwhile.
/// Shape: an owner. A child that nobody has taken is killed when its owner is destroyed, and leaves nothing.
/// Threads: `begin` by one thread; then the rest by one, once it knows that `begin` has returned.
/// Lifetime: the `launch`, what it points to, and this object stay where they are until the child is no more on its way.
/// Cost: the parent's memory is lent, not copied (CLONE_VM), so neither its size nor its locks matter; some 13 us.
/// Source: clone(2), set_tid_address(2): the kernel clears a word of the parent's, and wakes who sleeps on it, when a
/// thread leaves its memory, by exec or at its end. That is by clone3 on x86-64. Where it may not be called, or the child
/// needs the C library for its system calls, which writes the errno of the parent's thread, it is clone and `begin` waits
/// (CLONE_VFORK).
class birth {
public:
    explicit birth(const launch& what) noexcept;
    birth(const birth&) = delete;
    birth& operator=(const birth&) = delete;
    ~birth();

    /// Makes the child. What fails is told by `take`. Threads: with a death signal the calling thread's end is what counts.
    void begin() noexcept;
    /// Not zero while the child is on its way. It is woken from, between processes, when it becomes zero.
    const futex::word& on_its_way() const noexcept { return on_its_way_; }
    bool is_over() const noexcept {
        // what the child has written, it wrote before the kernel cleared this
        return on_its_way_.load(std::memory_order_acquire) == 0;
    }
    /// Sleeps until the child is no more on its way.
    void await_end() const noexcept;
    /// The child's, from `begin` on and until it is taken; -1 if there is none.
    int pid() const noexcept { return made_.pid; }
    /// Ends the child, and whom it may have begun: it is over soon.
    void kill() noexcept;
    /// Yields the child, once it is over. Errors: `error` and `failed`; then nothing is left of it, neither a zombie nor a
    /// descriptor.
    launched take() noexcept;

private:
    bool prepare() noexcept;
    long clone_by_3() noexcept;
    long clone_by_2() noexcept;
    long clone_somehow() noexcept;
    void bury() noexcept;

    static constexpr std::size_t few = 8;
    futex::word on_its_way_{0};
    launching shared_;
    launched made_;
    clone_stack stack_;
    std::unique_ptr<const char*[]> environment_;  // the list may change while the child is on its way; its strings do not
    std::array<int, few> few_moved_;
    std::unique_ptr<int[]> many_moved_;
};

/// Tells whether the last child was, or could have been, on its way beside its parent's thread, for tests of that.
bool goes_beside() noexcept;

/// Hides clone3 from `birth`, for tests of the way without it.
void forbid_clone3(bool hidden) noexcept;

}  // namespace coil::process
