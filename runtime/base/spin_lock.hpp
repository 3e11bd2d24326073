// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>

#include <atomic>

#include <sys/single_threaded.h>

namespace coil {

/// Tells the processor that this thread spins.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Guards a handful of instructions inside coil; it is never held over a system call, a callback of the user's or a
/// suspension. A waiter spins and, should the holder have lost its core, gives its own away.
class spin_lock {
public:
    constexpr spin_lock() noexcept = default;
    spin_lock(const spin_lock&) = delete;
    spin_lock& operator=(const spin_lock&) = delete;

    void lock() noexcept {
        // what libstdc++ does for its reference counts: in a process of one thread a plain store will do
        if (__libc_single_threaded) held_.store(true, std::memory_order_relaxed);
        else if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]] wait();
    }
    bool try_lock() noexcept {
        return !held_.load(std::memory_order_relaxed) && !held_.exchange(true, std::memory_order_acquire);
    }
    /// Locks it unless somebody holds it, for those who have another way then. Not by who may hold it himself.
    bool lock_at_once() noexcept {
        if (__libc_single_threaded) {
            held_.store(true, std::memory_order_relaxed);
            return true;
        }
        return !held_.exchange(true, std::memory_order_acquire);
    }
    void unlock() noexcept { held_.store(false, std::memory_order_release); }

private:
    void wait() noexcept;
    atomic_word<bool> held_{false};
};

}  // namespace coil
