// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
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

}  // namespace coil
