// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil::fiber_overflow {

// Has a fiber that runs off its stack named, on stderr, before the process ends: a handler of SIGSEGV for the process,
// and a stack for it to this thread. A handler that was there before, and a stack for signals that the thread has, stay:
// what is no guard of the running fiber goes to that handler. Costs a look at a flag once it is done.
void watch_this_thread();

}  // namespace coil::fiber_overflow
