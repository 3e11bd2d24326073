// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace coil {

class semaphore;

/// Holds permits of a semaphore, and gives them back when it goes. Move-only; it may change branches and threads.
class [[nodiscard("a dropped permit is given back at once")]] semaphore_permit {
public:
    semaphore_permit() noexcept = default;
    semaphore_permit(semaphore& s, std::size_t n) noexcept : from_(&s), count_(n) {}
    semaphore_permit(semaphore_permit&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), count_(other.count_) {}
    semaphore_permit& operator=(semaphore_permit&& other) noexcept {
        if (this != &other) {
            give_back();
            from_ = std::exchange(other.from_, nullptr);
            count_ = other.count_;
        }
        return *this;
    }
    ~semaphore_permit() { give_back(); }

    /// Gives back before it goes. Errors: `errc::operation_not_permitted` if it holds nothing.
    void release(place where = place::current());
    /// Keeps them taken: somebody else calls `release` of the semaphore.
    void detach() noexcept { from_ = nullptr; }
    std::size_t count() const noexcept { return from_ ? count_ : 0; }
    explicit operator bool() const noexcept { return from_ != nullptr; }

private:
    void give_back() noexcept;
    semaphore* from_ = nullptr;
    std::size_t count_ = 0;
};

/// Hands out a number of permits. First come, first served: who wants many is not overtaken by those who want few.
/// Shape: no number may be negative (`std::invalid_argument`); `release` may raise it above where it began.
/// Completes: when the permits are there; the one that waited resumes at its home, never inside somebody's `release`.
/// Cancel: an `acquire` that is stopped takes nothing; one that was given permits returns them.
/// Threads: any, mixed; permits have no owner.
/// Lifetime: destroying it with waiters is reported through the log hook; their waits end with `std::logic_error`.
/// Cost: uncontended, one compare-and-swap each way; nothing is ever allocated.
class semaphore {
public:
    using permit = semaphore_permit;

    class [[nodiscard("co_await it, and keep the permit")]] acquire_wait : public line_wait {
    public:
        acquire_wait(semaphore& s, std::size_t n, place where) noexcept : line_wait(s.line_, where, n), from_(&s) {}
        acquire_wait(acquire_wait&& other) noexcept : line_wait(std::move(other)), from_(other.from_) {}
        bool await_ready() {
            semaphore& from = *from_;  // what is read before the atomic words is not read again
            const std::uint64_t n = wants;
            const place where = this->where();
            return refused() || from.begin(n, where);
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            return from_->wait_in_line(*this, h);
        }
        permit await_resume() {
            settle();
            return permit(*from_, wants);
        }
        void give_back() {
            if (got_too_late()) (void)await_resume();
        }

    private:
        semaphore* from_;
    };
    class [[nodiscard("co_await it, and look whether it was acquired")]] timed_acquire_wait : public timed_line_wait {
    public:
        timed_acquire_wait(semaphore& s, std::size_t n, nanoseconds d, place where) noexcept
            : timed_line_wait(s.line_, d, where, n), from_(&s) {}
        timed_acquire_wait(timed_acquire_wait&& other) noexcept
            : timed_line_wait(std::move(other)), from_(other.from_) {}
        bool await_ready() { return refused() || from_->begin(wants, where()); }
        bool await_resume() { return settle_in_time(); }

    private:
        semaphore* from_;
    };

    explicit semaphore(coil::count n, place where = place::current()) : semaphore(n, unlimited, where) {}
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// Waits for n permits.
    acquire_wait acquire(coil::count n, place where = place::current()) noexcept { return {*this, n.value(), where}; }
    acquire_wait acquire(place_word where = COIL_HERE) noexcept { return {*this, 1, place_of(where)}; }
    /// Takes n permits if they are there and nobody waits; `release` gives them back.
    [[nodiscard]] bool try_acquire(coil::count n = 1) noexcept;
    /// Waits at most d; true if they were acquired, for `release` to give back. Of zero or less: does not wait.
    template <class Rep, class Period>
    timed_acquire_wait try_acquire_for(std::chrono::duration<Rep, Period> d, coil::count n = 1,
                                       place where = place::current()) noexcept {
        return {*this, n.value(), clamp_duration(d), where};
    }
    /// Waits as a plain thread. On a thread that runs tasks: only if it need not wait, else
    /// `errc::resource_deadlock_would_occur`.
    permit acquire_blocking(coil::count n = 1, place where = place::current());
    /// Gives n permits back, or adds them.
    /// Errors: `std::invalid_argument`, of a bounded one, if there would be more than at first; none is added then.
    void release(coil::count n = 1, place where = place::current());

    /// How many permits nobody has.
    std::size_t available() const noexcept { return word_.load(std::memory_order_relaxed) / one; }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

protected:
    static constexpr std::uint64_t unlimited = ~std::uint64_t{0} / 2;
    semaphore(coil::count n, std::uint64_t limit, place where);

private:
    friend class semaphore_permit;
    /// Takes them without waiting; throws if there can never be as many.
    bool begin(std::uint64_t n, place where) {
        if (n > limit_) [[unlikely]]
            never_so_many(n, where);
        return take(n);
    }
    bool take(std::uint64_t n) noexcept {
        std::uint64_t found = word_.load(std::memory_order_relaxed);
        while ((found & contended) == 0 && found / one >= n)
            if (replace(word_, found, found - n * one)) [[likely]]
                return true;
        return false;
    }
    std::coroutine_handle<> wait_in_line(line_wait& w, std::coroutine_handle<> h) noexcept;
    std::coroutine_handle<> wait_as_first(line_wait& w, std::coroutine_handle<> h) noexcept;
    std::coroutine_handle<> wait_otherwise(line_wait& w, std::coroutine_handle<> h) noexcept;
    bool take_or_mark(std::uint64_t n) noexcept;
    bool add(std::uint64_t n) noexcept;
    [[noreturn]] void never_so_many(std::uint64_t n, place where) const;
    bool add_and_serve(std::uint64_t n) noexcept;
    bool add_after_wait(std::uint64_t n) noexcept;
    bool add_otherwise(std::uint64_t n) noexcept;
    bool serve_others(waiter& granted) noexcept;
    void serve(std::uint64_t free, wake_batch& wakes) noexcept;
    static bool arrive(wait_list& line, waiter& w) noexcept;
    static void left(wait_list& line, waiter& w, wake_batch& wakes) noexcept;
    static const line_rules rules;

    // free permits * one | contended: somebody may be in the line, and nobody takes any past it
    static constexpr std::uint64_t contended = 1, one = 2;
    atomic_word<std::uint64_t> word_;
    std::uint64_t limit_;
    mutable spin_lock lock_;
    wait_list line_;
};

inline void semaphore_permit::give_back() noexcept {
    if (semaphore* const s = std::exchange(from_, nullptr)) (void)s->add(count_);
}

/// Is a semaphore that never has more permits than at first: a `release` too many is reported at its line.
class bounded_semaphore : public semaphore {
public:
    explicit bounded_semaphore(coil::count n, place where = place::current()) : semaphore(n, n.value(), where) {}
};

}  // namespace coil
