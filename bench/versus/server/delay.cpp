// SPDX-License-Identifier: BSL-1.0
#include "server/delay.hpp"

#include <cmath>
#include <numbers>

namespace versus {

std::chrono::microseconds delay_of(std::size_t id) {
    const double turns = static_cast<double>(id) / std::numbers::phi;
    const double spread = turns - std::floor(turns);
    const double ms = shortest_delay_ms * std::pow(longest_delay_ms / shortest_delay_ms, spread);
    return std::chrono::microseconds(std::llround(ms * 1000));
}

std::chrono::microseconds delay_of_all(std::size_t count) {
    std::chrono::microseconds sum{};
    for (std::size_t id = 0; id < count; ++id)
        sum += delay_of(id);
    return sum;
}

}  // namespace versus
