// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/arguments.hpp>
#include <coil/process/child.hpp>
#include <coil/process/options.hpp>
#include <coil/process/plan.hpp>
#include <coil/runtime/coro/task.hpp>

#include <utility>

namespace coil::process {

/// Makes the child that is planned.
[[nodiscard("co_await it")]] task<child> spawn_planned(plan p);

/// Starts a program and goes on beside it. The name is looked for in PATH (the child's, if its environment has one) unless
/// it has a slash in it; a relative one is looked for from the child's working directory.
/// Completes: when the child runs the program, with the child.
/// Errors: `std::system_error` with errno's category, which names the program and what failed: "spawn nonesuch: No such
/// file or directory", "spawn ls: change directory to /nonesuch: ...", "spawn script: find the interpreter that it names:
/// ..."; so a program that ends with code 127 itself is told from one that is missing. A script that some other thread's
/// child still has open for writing (ETXTBSY) is tried again for a tenth of a second.
/// `errc::operation_not_supported` in a simulation: processes cannot be simulated.
/// Cancel: a child that does not run its program yet is killed, and waited for; so no child is left behind, and an exec that
/// hangs holds nobody up.
/// Threads: any coil thread, any number at once.
/// Cost: the parent's memory is not copied, whatever its size. The thread is kept for some 25 us, and does not wait for
/// the exec, which may have to fetch the program from a disk: that is awaited through the ring. Where clone3 may not be
/// called, and on other processors than x86-64, the thread waits.
[[nodiscard("co_await it")]] inline task<child> spawn(arguments a, spawn_options o = {}) {
    return spawn_planned(plan(std::move(a), o));
}

}  // namespace coil::process
