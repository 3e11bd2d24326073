// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/held_spins.hpp>

namespace coil {

/// Excludes for a few instructions: a plain Lockable for `std::scoped_lock`, whose waiters spin, and give their core
/// away should the holder have lost its own. It is never held over a `co_await`: in builds without NDEBUG a coroutine
/// that suspends with one ends the process with a sentence.
/// Threads: any. Cost: one exchange to lock, one store to unlock.
class spin_mutex {
public:
    constexpr spin_mutex() noexcept = default;
    spin_mutex(const spin_mutex&) = delete;
    spin_mutex& operator=(const spin_mutex&) = delete;

    void lock() noexcept {
        lock_.lock();
        ++held_spins;
    }
    [[nodiscard]] bool try_lock() noexcept {
        if (!lock_.try_lock()) return false;
        ++held_spins;
        return true;
    }
    void unlock() noexcept {
        --held_spins;
        lock_.unlock();
    }

private:
    spin_lock lock_;
};

}  // namespace coil
