// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/debug/observed_thread.hpp>
#include <coil/runtime/debug/stint.hpp>

#include <string>
#include <string_view>

namespace coil::debug {

// What is said of a task that has kept its loop from everybody else for too long, once it has given it back.
std::string late_report(const stint& s, std::string_view thread);
// What is said of one that has not given it back so far.
std::string stall_report(const observed_thread::activity& a, nanoseconds so_far, std::string_view thread);

// Looks at what every thread is doing, and logs what has gone on for longer than the limit; of each task once per stint.
// Threads: the watch thread.
void look_for_stalls(nanoseconds limit) noexcept;

}  // namespace coil::debug
