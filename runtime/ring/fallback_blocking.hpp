// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_request.hpp>

namespace coil::ring {

// Answers an entry by the call of its name, which may wait; a negative errno is a value, -EAGAIN from a splice means that
// a pipe is not ready. An interrupted call is begun again unless the request was stopped. On a thread that may wait.
long carry_out(fallback_request& r) noexcept;

// True if `carry_out` knows the opcode.
bool can_carry_out(std::uint8_t opcode) noexcept;

}  // namespace coil::ring
