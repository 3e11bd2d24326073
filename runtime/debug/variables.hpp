// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace coil::debug {

// What the environment asks for, once per process: what is set later counts for children only.
struct variables {
    nanoseconds limit{};  // COIL_WATCHDOG: how long a task may keep its loop; zero: no matter how long
    std::string trace{};  // COIL_TRACE: the file; empty: none
    int dump_signal = 0;  // COIL_DUMP_SIGNAL: 0: none

    bool none() const noexcept { return limit == nanoseconds::zero() && trace.empty() && dump_signal == 0; }
};
const variables& of_environment() noexcept;

// "50ms", "2s", "100us", "1.5s", "7ns"; without a unit milliseconds. Nothing if it is none of these; "0" is zero.
std::optional<nanoseconds> limit_from(std::string_view text) noexcept;
// "QUIT", "SIGQUIT" or "3". Nothing if that is no signal, or one that no handler can take.
std::optional<int> signal_from(std::string_view text) noexcept;
// "QUIT", or "signal 40" of what has no name.
std::string name_of_signal(int number);

}  // namespace coil::debug
