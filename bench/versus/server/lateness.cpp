// SPDX-License-Identifier: BSL-1.0
#include "server/lateness.hpp"

#include <nlohmann/json.hpp>
#include <algorithm>

namespace versus {

void lateness::add(std::chrono::nanoseconds late) {
    all_.push_back(late);
}

std::string lateness::json() const {
    std::vector<std::chrono::nanoseconds> sorted = all_;
    std::ranges::sort(sorted);
    const auto at = [&](double share) {
        if (sorted.empty()) return 0.0;
        const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
        return std::chrono::duration<double, std::micro>(sorted[index]).count();
    };
    return nlohmann::json{{"answers", sorted.size()}, {"late_median_us", at(0.5)}, {"late_p99_us", at(0.99)}}.dump();
}

}  // namespace versus
