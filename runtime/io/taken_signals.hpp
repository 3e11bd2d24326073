// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil {

// A signal that comes once can be given to one only: who has taken it in this process. `stop_on` may name one several
// times, sets may not share one.
enum class signal_taker : bool { set, stop_on };

// Errors: `std::logic_error` "signal 1 is taken by coil::stop_on".
void take_signal(int number, signal_taker who);
void give_signal_back(int number) noexcept;

}  // namespace coil
