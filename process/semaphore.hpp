// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/segment.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/ring/futex_operation.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace coil::process {

class semaphore_core;

/// Is one permit; it goes back when this goes, or when its process dies. Move-only.
class [[nodiscard("a dropped permit is given back at once")]] permit {
public:
    permit() noexcept = default;
    explicit permit(segment_ref s) noexcept : segment_(std::move(s)) {}
    permit(permit&&) noexcept = default;
    permit& operator=(permit&& other) noexcept {
        if (this != &other) {
            release();
            segment_ = std::move(other.segment_);
        }
        return *this;
    }
    ~permit() { release(); }
    /// Gives it back before this goes.
    void release() noexcept;
    /// Keeps it beyond this object and this process: `semaphore::release` gives it back, whoever calls that.
    void detach() noexcept;
    explicit operator bool() const noexcept { return static_cast<bool>(segment_); }

private:
    segment_ref segment_;
};

/// Is the awaiter of `acquire`.
class [[nodiscard("co_await it")]] acquire_await : public ring::futex_operation {
public:
    acquire_await(semaphore_core& s, place where) noexcept : futex_operation(table, where), semaphore_(&s) {}
    bool await_ready();
    permit await_resume();

private:
    static bool look(futex_operation& o) noexcept;
    static const ring::operation_table table;
    semaphore_core* semaphore_;
    bool taken_ = false;
};

/// Is what `semaphore` and `bounded_semaphore` have in common.
class semaphore_core {
public:
    semaphore_core(semaphore_core&&) noexcept = default;
    semaphore_core& operator=(semaphore_core&&) noexcept = default;

    /// Takes a permit. Completes: at home, when there is one; there is no line. Cancel: `cancelled`, nothing is taken.
    /// Cost: a lock that is held for a few instructions; a spin and an entry of the ring if there is none.
    acquire_await acquire(place where = place::current()) noexcept { return {*this, where}; }
    /// An empty optional if there is none.
    std::optional<permit> try_acquire();
    template <class Rep, class Period>
    task<std::optional<permit>> acquire_for(std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return acquire_within(*this, clamp_duration(d), where);
    }
    /// The same for plain threads. Errors: `errc::resource_deadlock_would_occur` on a thread of coil, unless there is one.
    permit acquire_blocking(place where = place::current());
    /// Adds n permits. Errors: `std::logic_error` of a bounded semaphore that would have more than at first.
    void release(count n = 1, place where = place::current());
    /// How many there are at the moment.
    std::uint64_t available() const noexcept;

    void encode(encoder& to) const { segment_->encode(to); }

protected:
    semaphore_core(std::uint32_t kind, count n);
    semaphore_core(std::uint32_t kind, decoder& from);
    ~semaphore_core() = default;

private:
    friend class acquire_await;
    friend class permit;
    struct state;
    static state& of(segment& s) noexcept;
    static void mend(segment& s, const segment::hold& inside) noexcept;
    static void give_back(segment& s, bool keeps) noexcept;
    bool take() noexcept;
    static task<std::optional<permit>> acquire_within(semaphore_core& s, nanoseconds d, place where);

    segment_ref segment_;
};

/// Lets n tasks or threads of several processes in at once.
/// Shape: n permits at first, 0 or more; `release` adds any number. A permit (the object that `acquire` yields) comes back
/// when its process dies; one that was detached does not. Move-only; passing it on gives the same semaphore.
/// Errors: a negative n is `std::invalid_argument`; `std::system_error` if there is no memory or descriptor.
class semaphore : public semaphore_core {
public:
    explicit semaphore(count n) : semaphore_core(kind, n) {}
    static semaphore decode(decoder& from) { return semaphore(from); }

private:
    static constexpr std::uint32_t kind = 4;
    explicit semaphore(decoder& from) : semaphore_core(kind, from) {}
};

/// Is a semaphore that never has more permits than at first: releasing too often is reported at its line.
class bounded_semaphore : public semaphore_core {
public:
    explicit bounded_semaphore(count n) : semaphore_core(kind, n) {}
    static bounded_semaphore decode(decoder& from) { return bounded_semaphore(from); }
    static constexpr std::uint32_t kind = 5;

private:
    explicit bounded_semaphore(decoder& from) : semaphore_core(kind, from) {}
};

}  // namespace coil::process
