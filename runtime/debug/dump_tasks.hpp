// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdio>

namespace coil {

/// Writes every task of the process: id, name, state, what it waits for, and the chain of its awaits with their lines.
/// For a program that seems to hang, from a debugger too: `call coil::dump_tasks(stderr)`.
/// Completes: at once; after 200 ms at most if another thread's loop is busy, whose tasks are then shown without what they
/// wait for. Errors: none; what cannot be had for want of memory is left out, and the text says so.
/// Threads: any, of coil or not. Cost: while it runs, the tasks that it looks at cannot go on.
void dump_tasks(std::FILE* to) noexcept;

}  // namespace coil
