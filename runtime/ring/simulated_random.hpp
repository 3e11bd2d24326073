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
    // True so many times in 1000. A chance of zero draws nothing: what never happens leaves the other draws as they are.
    bool chance(unsigned in_1000) noexcept { return in_1000 != 0 && draw(1000) < in_1000; }

private:
    std::uint64_t state_;
};

}  // namespace coil::ring
