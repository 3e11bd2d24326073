// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/signal_list.hpp>

namespace coil {

/// From now on the first of these signals stops the whole run that calls this (main, every task, daemons); a second one
/// ends the process as if nothing had been installed. The handlers that were there before come back when the run ends.
/// Completes: `run` ends with `cancelled` unless main finishes otherwise.
/// Errors: `std::system_error` for a number that is no signal or cannot be caught; `std::logic_error` outside of a run
/// or if another run, or a `signal_set`, has taken the signals.
void stop_on(signal_list signals, place where = place::current());

}  // namespace coil
