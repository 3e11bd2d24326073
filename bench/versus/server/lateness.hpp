// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace versus {

/// How much later than planned the server's answers left: tells whether the server disturbed the measurement.
class lateness {
public:
    void add(std::chrono::nanoseconds late);
    /// {"answers": n, "late_median_us": x, "late_p99_us": y}
    [[nodiscard]] std::string json() const;

private:
    std::vector<std::chrono::nanoseconds> all_;
};

}  // namespace versus
