// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace versus {

/// The role of a measured process: reads one job from standard input, runs it, prints the report. Returns the exit
/// status. Each run has a process of its own, so that memory, CPU time and context switches are its own too.
int run_measured_job();

}  // namespace versus
