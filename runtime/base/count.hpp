// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace coil {

/// Takes any integer where a number of things is meant, and refuses negative ones with `std::invalid_argument`.
/// Default-constructed it is "not given".
class count {
public:
    constexpr count() noexcept = default;
    template <std::integral Int>
    constexpr count(Int n) : value_(checked(n)), given_(true) {}  // implicit: `.pool_size = n`

    constexpr bool given() const noexcept { return given_; }
    constexpr std::uint64_t value() const noexcept { return value_; }
    constexpr std::uint64_t value_or(std::uint64_t other) const noexcept { return given_ ? value_ : other; }

private:
    template <std::integral Int>
    static constexpr std::uint64_t checked(Int n) {
        if constexpr (std::signed_integral<Int>)
            if (n < 0) throw std::invalid_argument("a count was negative: " + std::to_string(n));
        return static_cast<std::uint64_t>(n);
    }
    std::uint64_t value_ = 0;
    bool given_ = false;
};

}  // namespace coil
