// SPDX-License-Identifier: BSL-1.0
// How much the row copy copies: 256 MiB, or as many as COIL_BENCH_COPY_MIB says (the target speaks of 1,024).
#pragma once
#include "scratch.hpp"

namespace floor_of {

inline std::uint64_t copy_size() {
    const char* const wish = std::getenv("COIL_BENCH_COPY_MIB");
    const long mebibytes = wish != nullptr ? std::atol(wish) : 256;
    return static_cast<std::uint64_t>(mebibytes > 0 ? mebibytes : 256) << 20;
}

}  // namespace floor_of
