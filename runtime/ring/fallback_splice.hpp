// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_attempt.hpp>

namespace coil::ring {

// Tries a splice between what can be asked not to wait; a file is a matter for a thread.
fallback_outcome splice_without_waiting(const io_uring_sqe& e) noexcept;

// What a splice that found something not ready waits for.
fallback_outcome what_splice_waits_for(const io_uring_sqe& e) noexcept;

}  // namespace coil::ring
