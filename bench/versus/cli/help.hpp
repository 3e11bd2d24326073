// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

namespace versus {

/// What stands above the options in --help, and what below.
std::string help_begin();
std::string help_end();

/// The works and the modes of this build, with a line about each.
std::string list_text();

}  // namespace versus
