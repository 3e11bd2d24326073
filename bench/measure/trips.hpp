// SPDX-License-Identifier: BSL-1.0
// The median of single round trips: sleeping ones have a long tail that a mean would carry.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "row.hpp"

namespace measure {

class trips {
public:
    using clock = std::chrono::steady_clock;

    explicit trips(std::uint64_t n) { taken_.reserve(n); }
    void start() { from_ = clock::now(); }
    void stop() { taken_.push_back(std::chrono::duration<double>(clock::now() - from_).count()); }

    /// Gives the median as the time of one operation, and the 99th percentile in `extra` (ns).
    result summary() {
        result r;
        if (taken_.empty()) return r;
        std::sort(taken_.begin(), taken_.end());
        r.operations = static_cast<double>(taken_.size());
        r.seconds = taken_[taken_.size() / 2] * r.operations;
        r.extra = taken_[taken_.size() * 99 / 100] * 1e9;
        return r;
    }

private:
    std::vector<double> taken_;
    clock::time_point from_;
};

}  // namespace measure
