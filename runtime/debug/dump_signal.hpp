// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil::debug {

// Takes a signal on loan for the dump: from now on it asks the watch thread for one. False, and it has been logged, if
// the program has taken it, or when it cannot be taken. A program that takes it later gets it, and that is logged too.
// Threads: one at a time, as the next one.
bool borrow_dump_signal(int number) noexcept;
// Puts the handler back that was there before, if it is still borrowed.
void return_dump_signal() noexcept;
// The signal whose handler dumps, and nothing else; 0 if there is none. Threads: any.
int borrowed_dump_signal() noexcept;

}  // namespace coil::debug
