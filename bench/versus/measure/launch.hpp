// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>

#include "measure/figures.hpp"
#include "measure/job.hpp"

namespace versus {

/// Runs one job in a fresh process and waits for its report.
/// Errors: `interrupted`; std::runtime_error with the error of the run, or if the process crashed or took longer than
/// `patience`. The process is gone in every case.
run_report launch(const job& todo, std::chrono::duration<double> patience);

}  // namespace versus
