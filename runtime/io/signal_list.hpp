// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <csignal>  // IWYU pragma: export, the names of the signals
#include <cstddef>

namespace coil {

/// Is a list of signal numbers in braces.
class signal_list {
public:
    static constexpr std::size_t most = 16;
    template <std::same_as<int>... Int>
        requires(sizeof...(Int) > 0 && sizeof...(Int) <= most)
    signal_list(Int... signals) noexcept : numbers_{signals...}, count_(sizeof...(Int)) {}

    const int* begin() const noexcept { return numbers_; }
    const int* end() const noexcept { return numbers_ + count_; }

private:
    int numbers_[most];
    std::size_t count_;
};

}  // namespace coil
