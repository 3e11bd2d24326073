// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "cli/options.hpp"

namespace versus {

/// Measures what was asked for, prints table and verdict, writes the reports. Returns the exit status.
/// Errors: std::exception if nothing could be begun.
int run_session(const options& asked);

}  // namespace versus
