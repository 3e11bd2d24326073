// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

namespace coil::ring {

// splitmix64: the same on every platform, unlike the distributions of the standard library.
class simulated_random {
public:
    explicit simulated_random(std::uint64_t seed) noexcept : state_(seed) {}

    // A number from 0 to below - 1.
    std::uint64_t draw(std::uint64_t below) noexcept {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (z ^ (z >> 31)) % below;
    }
    // True with a chance from 0 to 1. One of zero draws nothing: what never happens leaves the other draws as they are.
    bool chance(double c) noexcept {
        constexpr std::uint64_t steps = 1'000'000;
        return c > 0 && static_cast<double>(draw(steps)) < c * static_cast<double>(steps);
    }

private:
    std::uint64_t state_;
};

}  // namespace coil::ring
