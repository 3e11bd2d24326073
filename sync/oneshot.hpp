// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/thread_wait.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace coil {

/// Carries one value from whoever sets it to whoever gets it, once.
/// Completes: `get` as soon as the value is there, at the getter's home.
/// Errors: `std::logic_error` at the line of a second `set`, of a `get` after the value was got, and of a second getter
/// at the same time. Cancel: a getter that is stopped has got nothing; the value stays for the next.
/// Threads: any; a plain thread uses `get_blocking`. Cost: one lock each, no allocation.
template <class T>
class oneshot {
public:
    oneshot() noexcept : line_(lock_, rules, this) {}
    oneshot(const oneshot&) = delete;
    oneshot& operator=(const oneshot&) = delete;

    void set(T value, place where = place::current()) {
        {
            wake_batch wakes;
            const std::scoped_lock guard(lock_);
            if (!was_set_) [[likely]] {
                was_set_ = true;
                if (waiter* const w = line_.grant_front(wakes)) {
                    slot_of(*w).emplace(std::move(value));
                    was_got_ = true;
                } else {
                    value_.emplace(std::move(value));
                }
                return;
            }
        }
        misuse("this oneshot was set before", where);
    }
    bool is_set() const noexcept {
        const std::scoped_lock guard(lock_);
        return was_set_;
    }

    /// Is the awaiter of `get`.
    class [[nodiscard("co_await it")]] get_await : public line_wait {
    public:
        get_await(oneshot& o, place where) noexcept : line_wait(o.line_, where), oneshot_(&o) {}
        get_await(get_await&& other) noexcept : line_wait(std::move(other)), oneshot_(other.oneshot_) {}
        bool await_ready() { return refused() || oneshot_->take(value_, where()); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            wants = address(value_);
            return line_wait::await_suspend(h);
        }
        T await_resume() {
            settle();
            return *std::move(value_);
        }

    private:
        oneshot* oneshot_;
        std::optional<T> value_;
    };
    get_await get(place where = place::current()) noexcept { return {*this, where}; }

    /// Is the awaiter of `get_for`.
    class [[nodiscard("co_await it")]] get_for_await : public timed_line_wait {
    public:
        get_for_await(oneshot& o, nanoseconds d, place where) noexcept
            : timed_line_wait(o.line_, d, where), oneshot_(&o) {}
        get_for_await(get_for_await&& other) noexcept : timed_line_wait(std::move(other)), oneshot_(other.oneshot_) {}
        bool await_ready() { return refused() || oneshot_->take(value_, where()); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            wants = address(value_);
            return timed_line_wait::await_suspend(h);
        }
        std::optional<T> await_resume() {
            (void)settle_in_time();
            return std::move(value_);
        }

    private:
        oneshot* oneshot_;
        std::optional<T> value_;
    };
    /// The same, but gives up after d: nothing then.
    template <class Rep, class Period>
    get_for_await get_for(std::chrono::duration<Rep, Period> d, place where = place::current()) noexcept {
        return {*this, clamp_duration(d), where};
    }
    /// The value if it is there and nobody has got it.
    std::optional<T> try_get() noexcept {
        const std::scoped_lock guard(lock_);
        std::optional<T> value;
        take_locked(value);
        return value;
    }
    T get_blocking(place where = place::current()) {
        std::optional<T> value;
        if (!take(value, where)) {
            thread_wait me(address(value));
            me.sleep_in(line_, where);
        }
        return *std::move(value);
    }

private:
    static std::uint64_t address(std::optional<T>& slot) noexcept { return reinterpret_cast<std::uintptr_t>(&slot); }
    static std::optional<T>& slot_of(waiter& w) noexcept {
        return *reinterpret_cast<std::optional<T>*>(w.wants);
    }
    bool take_locked(std::optional<T>& to) noexcept {
        if (!value_) return false;
        to.emplace(*std::move(value_));
        value_.reset();
        was_got_ = true;
        return true;
    }
    bool take(std::optional<T>& to, place where) {
        const char* wrong = nullptr;
        {
            const std::scoped_lock guard(lock_);
            if (take_locked(to)) return true;
            if (was_got_) wrong = "the value of this oneshot was got before";
            else if (line_.front()) wrong = "somebody waits for the value of this oneshot already";
        }
        if (wrong) misuse(wrong, where);
        return false;
    }
    static bool arrive(wait_list& l, waiter& w) noexcept {
        oneshot& self = l.of<oneshot>();
        return self.value_ && w.takes() && self.take_locked(slot_of(w));
    }
    static constexpr line_rules rules{"oneshot's value", &arrive, nullptr};

    mutable spin_lock lock_;
    bool was_set_ = false;
    bool was_got_ = false;
    std::optional<T> value_;
    wait_list line_;
};

}  // namespace coil
