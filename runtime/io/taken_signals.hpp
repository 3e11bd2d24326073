// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil {

// A signal that comes once can be given to one only: who has taken it in this process. `stop_on` may name one several
// times, sets may not share one.
enum class signal_taker : bool { set, stop_on };

// Errors: `std::logic_error` "signal 1 is taken by coil::stop_on".
void take_signal(int number, signal_taker who);
void give_signal_back(int number) noexcept;

// Who would like a signal but gives way to everybody: it borrows one, and whoever takes that later ends the loan first.
// All three functions are called under the lock that guards who has taken what.
// `begin` returns null or why the signal cannot be had; so does this. Shape: one loan at a time.
const char* lend_signal(int number, const char* (*begin)(int number) noexcept,
                        void (*hand_over)(int number, const char* taker) noexcept) noexcept;
// Ends the loan, and calls f, if it has not ended.
void take_loan_back(void (*f)() noexcept) noexcept;

}  // namespace coil
