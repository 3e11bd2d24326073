// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>

#include <string>
#include <string_view>

namespace coil::debug {

/// The name of a function as its author wrote it, "shop::order", of what a compiler calls it: without the result, the
/// arguments, and the frame that g++ makes an argument of a coroutine.
std::string function_name(std::string_view as_compiled);

/// True for a line of coil's own: those of a chain of awaits tell nobody anything.
bool is_of_coil(place where) noexcept;

}  // namespace coil::debug
