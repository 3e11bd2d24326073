// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>

#include <concepts>
#include <cstdint>
#include <string>

namespace coil {

/// Takes any integer where a number of things is meant, and refuses negative ones with `std::invalid_argument`, which
/// tells the line that gave it.
/// Default-constructed it is "not given".
class count {
public:
    constexpr count() noexcept = default;
    template <std::integral Int>
    constexpr count(Int n, place where = place::current())  // implicit: `.pool_size = n`
        : value_(checked(n, where)), given_(true) {}

    constexpr bool given() const noexcept { return given_; }
    constexpr std::uint64_t value() const noexcept { return value_; }
    constexpr std::uint64_t value_or(std::uint64_t other) const noexcept { return given_ ? value_ : other; }

private:
    template <std::integral Int>
    static constexpr std::uint64_t checked(Int n, [[maybe_unused]] place where) {
        if constexpr (std::signed_integral<Int>)
            if (n < 0) [[unlikely]]
                bad_argument("a count was negative: " + std::to_string(n), where);
        return static_cast<std::uint64_t>(n);
    }
    std::uint64_t value_ = 0;
    bool given_ = false;
};

}  // namespace coil
