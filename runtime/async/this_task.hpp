// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>

#include <cstdint>
#include <stop_token>
#include <string_view>

/// Speaks of the spawned task whose code runs now. Threads: the calling one. Errors: `std::logic_error` outside of a
/// task.
namespace coil::this_task {

std::uint64_t id(place where = place::current());
/// Empty unless the task was given a name; valid while the task lives.
std::string_view name(place where = place::current());
/// Is requested to stop when the task is: for code that coil cannot interrupt.
std::stop_token stop_token(place where = place::current());
/// Throws `cancelled` if the code that calls is stopped: for long computations between two awaits.
void check_stop(place where = place::current());

}  // namespace coil::this_task
