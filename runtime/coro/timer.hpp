// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

#include <cstdint>

namespace coil {

/// Is one deadline that an executor watches. It lies in the awaiter; arming allocates nothing of its own.
/// `fire` runs on the executor's timer thread after the timer has left the queue.
struct timer {
    using function = void (*)(timer&) noexcept;
    explicit timer(function f) noexcept : fire(f) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    static constexpr std::uint32_t idle = 0xffffffff;

    function fire;
    time_point deadline{};
    void* queue = nullptr;         // the queue that holds it, for the executor
    std::uint32_t slot = idle;     // its position there, for the executor
};

}  // namespace coil
