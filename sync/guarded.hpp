// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/mutex.hpp>

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace coil {

/// Keeps a value that can be reached only under its lock.
/// Completes, Errors, Cancel, Threads, Lifetime, Cost: as `mutex::lock`.
template <class T>
class guarded {
public:
    /// Points to the value, and holds the lock while it lives.
    class [[nodiscard("a dropped pointer unlocks at once")]] pointer {
    public:
        pointer() noexcept = default;
        pointer(mutex::guard held, T& value) noexcept : held_(std::move(held)), value_(&value) {}
        T* operator->() const noexcept { return value_; }
        T& operator*() const noexcept { return *value_; }
        /// False of one that `try_lock` could not give.
        explicit operator bool() const noexcept { return static_cast<bool>(held_); }
        /// Unlocks before the pointer goes; the value is not to be touched afterwards.
        void unlock(place where = place::current()) { held_.unlock(where); }
        /// For a condition: `cv.wait(p.held())`.
        mutex::guard& held() noexcept { return held_; }

    private:
        mutex::guard held_;
        T* value_ = nullptr;
    };

    class [[nodiscard("co_await it, and keep the pointer")]] pointer_wait : public lock_wait<mutex> {
    public:
        pointer_wait(lock_wait<mutex>&& w, T& value) noexcept : lock_wait<mutex>(std::move(w)), value_(&value) {}
        pointer_wait(pointer_wait&& other) noexcept : lock_wait<mutex>(std::move(other)), value_(other.value_) {}
        pointer await_resume() { return pointer(lock_wait<mutex>::await_resume(), *value_); }

    private:
        T* value_;
    };

    template <class... Args>
        requires std::constructible_from<T, Args...>
    explicit(sizeof...(Args) > 0) guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

    pointer_wait lock(place where = place::current()) noexcept { return {mutex_.lock(where), value_}; }
    pointer try_lock(place where = place::current()) noexcept {
        return mutex_.try_lock(where) ? pointer(mutex::guard(mutex_), value_) : pointer();
    }
    pointer lock_blocking(place where = place::current()) { return pointer(mutex_.lock_blocking(where), value_); }

    bool locked() const noexcept { return mutex_.locked(); }
    wait_statistics statistics() const noexcept { return mutex_.statistics(); }

private:
    mutex mutex_;
    T value_;
};

}  // namespace coil
