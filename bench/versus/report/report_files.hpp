// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "measure/progress.hpp"
#include "report/findings.hpp"

namespace versus {

/// Throws std::system_error that names the file if it cannot be written: better now than after two minutes.
void check_writable(const std::string& path);

/// Writes both reports and tells where they are. False, having told why, if one of them could not be written.
bool write_reports(const findings& found, const std::vector<std::string>& verdict, const std::string& json_path,
                   const std::string& html_path, progress& tell);

}  // namespace versus
