// SPDX-License-Identifier: BSL-1.0
// How much a test does: all of it in a plain build, less where a sanitizer watches each step.
#pragma once

#include "../sanitized.hpp"

/// The count for a plain build, and a tenth of it under a sanitizer.
constexpr long full_size(long count) {
#ifdef UNDER_A_SANITIZER
    return count / 10;
#else
    return count;
#endif
}
