// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

#include <cstdint>
#include <limits>

namespace coil {

class deadline_wait;

/// Is what an executor knows of a timer: its deadline or, while it is armed, its slot in the queue.
struct timer_key {
    time_point deadline{};  // while it is armed, for the queue alone

    // Slots are told from deadlines by what no clock shows: the first four seconds of all time.
    static constexpr std::int64_t first_slot = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t first_deadline = first_slot + (std::int64_t{1} << 32);
    bool has_slot() const noexcept { return deadline.time_since_epoch().count() < first_deadline; }
    std::uint32_t slot() const noexcept {
        return static_cast<std::uint32_t>(deadline.time_since_epoch().count() - first_slot);
    }
    void set_slot(std::uint32_t s) noexcept { deadline = time_point(nanoseconds(first_slot + s)); }
};

/// Is one deadline that an executor watches. It lies in the awaiter; arming allocates nothing of its own.
/// `fire` runs on the executor's timer thread after the timer has left the queue.
struct timer : timer_key {
    using function = void (*)(timer&) noexcept;
    explicit timer(function f) noexcept : fire(f) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    function fire;
};

/// Refers to what is armed: a timer, or a wait that a deadline ends, which needs no function of its own.
class timer_ref {
public:
    timer_ref() noexcept = default;
    timer_ref(timer& t) noexcept : word_(reinterpret_cast<std::uintptr_t>(static_cast<timer_key*>(&t))) {}
    timer_ref(deadline_wait& w) noexcept;

    timer_key& key() const noexcept { return *reinterpret_cast<timer_key*>(word_ & ~waits); }
    void fire() const noexcept;
    explicit operator bool() const noexcept { return word_ != 0; }
    friend bool operator==(timer_ref, timer_ref) noexcept = default;

private:
    static constexpr std::uintptr_t waits = 1;
    std::uintptr_t word_ = 0;
};

}  // namespace coil
