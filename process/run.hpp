// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/arguments.hpp>
#include <coil/process/completed.hpp>
#include <coil/process/options.hpp>
#include <coil/process/plan.hpp>
#include <coil/runtime/coro/task.hpp>

#include <utility>
#include <vector>

namespace coil::process {

/// Runs what is planned, joined by pipes if it is more than one program.
[[nodiscard("co_await it")]] task<completed> run_planned(std::vector<plan> stages, const run_options& o);

/// Runs a program to its end: `auto r = co_await run({"sort", "-u"}, {.input = text, .capture = true});`. Input, output and
/// error are moved at the same time, whatever their sizes.
/// Completes: when the program has ended and, where output is captured, when everybody who holds those pipes has closed
/// them (a process that it left behind may hold them for long: give a `.timeout`).
/// Errors: as `spawn`, if there is no such program. `failed` with `.check`. `timed_out`, which is a `coil::timed_out`, when
/// `.timeout` is over: the program and its process group have been ended, by SIGTERM and, after `.grace`, SIGKILL; the
/// exception has what was written so far. That a program does not read all of its input is no error.
/// Cancel: the program is ended likewise, shielded, and then `cancelled` travels on.
/// Lifetime: `.input` lives until it is awaited; all else is copied.
/// Cost: as `spawn`, and some recycled frames.
[[nodiscard("co_await it")]] inline task<completed> run(arguments a, run_options o = {}) {
    std::vector<plan> one;
    one.emplace_back(std::move(a), o);
    return run_planned(std::move(one), o);
}

}  // namespace coil::process
