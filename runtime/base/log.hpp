// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

namespace coil {

/// Receives what the library has to tell and nobody awaits: warnings, suppressed errors, reports. One line each.
using log_hook = void (*)(std::string_view line) noexcept;

/// Installs a log hook and returns the one before. The default writes "coil: line" to stderr. Threads: any, at any time.
log_hook set_log_hook(log_hook hook) noexcept;

/// Hands a line to the hook.
void log(std::string_view line) noexcept;

}  // namespace coil
