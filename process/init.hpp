// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

namespace coil::process {

/// Makes worker processes possible: the first statement of main, `coil::process::init(argc, argv)`. In the program as it
/// was started by its user it notes that workers will come here. A worker is the same program, started again; in it `init`
/// never returns: it runs what the worker was made for and ends the process (exit(3), so that handlers of atexit run and
/// streams are flushed). Nothing that main does behind it happens in a worker.
/// Errors: `std::logic_error` from the first pool, `start` or manager of a program that has not called it.
/// Threads: main's, before any other is made. Cost: two comparisons.
void init(int argc, char** argv);

/// What main was called with.
const std::vector<std::string>& program_arguments() noexcept;

/// Throws `std::logic_error` unless `init` was called.
void require_init();

}  // namespace coil::process
