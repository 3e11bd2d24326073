// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <concepts>

namespace coil::process {

/// Is what knows the way to another process by itself: what is shared between processes (queue, mutex, shared array, the
/// ends of a channel), and any type of a user that has the two members. Passing such an object to a worker gives the
/// worker the same thing, not a copy of what is in it, if the type says so.
template <class T>
concept passes_itself = requires(const T& object, encoder& to, decoder& from) {
    object.encode(to);
    { T::decode(from) } -> std::same_as<T>;
};

}  // namespace coil::process
