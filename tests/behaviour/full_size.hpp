// SPDX-License-Identifier: BSL-1.0
// How much a test does: all of it in a plain build, less where a sanitizer watches each step.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_A_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define UNDER_A_SANITIZER 1
#endif
#endif

/// The count for a plain build, and a tenth of it under a sanitizer.
constexpr long full_size(long count) {
#ifdef UNDER_A_SANITIZER
    return count / 10;
#else
    return count;
#endif
}
