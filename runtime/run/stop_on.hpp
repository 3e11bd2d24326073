// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
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

/// From now on the first of these signals stops the whole run that calls this (main, every task, daemons); a second one
/// ends the process as if nothing had been installed. The handlers that were there before come back when the run ends.
/// Completes: `run` ends with `cancelled` unless main finishes otherwise.
/// Errors: `std::system_error` for a number that is no signal or cannot be caught; `std::logic_error` outside of a run
/// or if another run has taken the signals.
void stop_on(signal_list signals);

}  // namespace coil
