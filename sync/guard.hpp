// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>

#include <system_error>
#include <utility>

namespace coil {

/// Owns a lock and unlocks it when it goes. Move-only; a guard that moves to another branch takes the lock along.
/// Shape: an empty one owns nothing.
template <class Lock>
class [[nodiscard("a dropped guard unlocks at once")]] lock_guard {
public:
    lock_guard() noexcept = default;
    /// Takes over a lock that is held already, by `try_lock` for example.
    explicit lock_guard(Lock& held) noexcept : lock_(&held) {}
    lock_guard(lock_guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {
        if (lock_) lock_->adopt();
    }
    lock_guard& operator=(lock_guard&& other) noexcept {
        if (this != &other) {
            reset();
            lock_ = std::exchange(other.lock_, nullptr);
            if (lock_) lock_->adopt();
        }
        return *this;
    }
    ~lock_guard() { reset(); }

    /// Unlocks before the guard goes. Errors: `errc::operation_not_permitted` if it owns nothing.
    void unlock(place where = place::current()) {
        if (!lock_) misuse(std::errc::operation_not_permitted, "this guard owns no lock", where);
        reset();
    }
    /// Gives the lock away, still held.
    Lock* detach() noexcept { return std::exchange(lock_, nullptr); }
    Lock* owner() const noexcept { return lock_; }
    explicit operator bool() const noexcept { return lock_ != nullptr; }

private:
    void reset() noexcept {
        if (Lock* const held = std::exchange(lock_, nullptr)) held->release();
    }
    Lock* lock_ = nullptr;
};

}  // namespace coil
