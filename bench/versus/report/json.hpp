// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "report/findings.hpp"

namespace versus {

/// The whole report as JSON, every single run included. Text that is no UTF-8 (a file name may be anything) comes out
/// with replacement characters.
std::string json_report(const findings& found, const std::vector<std::string>& verdict);

}  // namespace versus
