// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/fiber/switch_watch.hpp>

#include <cstddef>
#include <cstdint>

namespace coil {

// A stack of a fiber, and this description of it at its upper end, where running off the stack does not come by.
struct fiber_stack {
    void* context = nullptr;  // where the code on it goes on
    fiber_stack* next = nullptr;
    std::byte* lowest = nullptr;  // below it the guard
    unsigned size_class = 0;
    switch_watch watch;

    // What the code on it may use lies between `lowest` and here.
    std::byte* top() noexcept { return reinterpret_cast<std::byte*>(this); }
    // Whether an address lies in the guard.
    bool is_guard(const void* address) const noexcept;
};

// Stacks, mapped once and used again: a few kept by each thread, more by all together, the rest given back to the system.
namespace fiber_stacks {

// Sizes are powers of two: what is not touched takes no memory.
inline constexpr std::size_t least_bytes = std::size_t{16} << 10;
inline constexpr std::size_t most_bytes = std::size_t{1} << 30;
inline constexpr std::size_t usual_bytes = std::size_t{128} << 10;
// As large as the largest frame that is found out when it runs off the end without touching all of itself.
inline constexpr std::size_t guard_bytes = std::size_t{64} << 10;
inline constexpr unsigned classes = 17;
inline constexpr unsigned kept_by_a_thread = 32, moved_at_once = 16, kept_by_all = 2048;

// The least class that holds so much. Throws `std::invalid_argument` for more than `most_bytes`.
unsigned class_of(std::uint64_t bytes, place where = place::current());
std::size_t bytes_of(unsigned size_class) noexcept;

// A stack whose code waits to be told what to run. Throws `std::system_error` if the system has no more.
fiber_stack& take(unsigned size_class);
void give(fiber_stack& s) noexcept;

// Stacks mapped so far, and given back to the system so far. Of all threads.
struct counters {
    std::uint64_t mapped = 0, unmapped = 0;
};
counters statistics() noexcept;

}  // namespace fiber_stacks
}  // namespace coil
