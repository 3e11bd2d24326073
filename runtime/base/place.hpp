// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstdint>
#include <source_location>

namespace coil {

/// Names a line of the user's program: where something was awaited, spawned or locked. One pointer wide.
using place = std::source_location;

/// Is what a place holds: a default argument of this type, `= __builtin_source_location()`, names the caller's line too.
using place_pointer = decltype(__builtin_source_location());

inline place place_of(place_pointer p) noexcept {
    static_assert(sizeof(place) == sizeof(place_pointer));
    return std::bit_cast<place>(p);
}

/// Is the same as a number, for what makes an awaiter: g++ keeps an argument of class type in the frame of the coroutine,
/// and a pointer would take a 0 that was meant for another argument.
enum class place_word : std::uintptr_t {};
/// Names the caller's line as a default argument: `place_word where = COIL_HERE`.
#define COIL_HERE ::coil::place_word(reinterpret_cast<std::uintptr_t>(__builtin_source_location()))
inline place place_of(place_word w) noexcept {
    return std::bit_cast<place>(w);
}

}  // namespace coil
