// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "report/findings.hpp"

namespace versus {

/// One line per mode, as text in every cell: the same cells stand on the terminal and in the HTML report.
struct table {
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;
};

table table_of(const work_findings& work);

/// The table in columns: the first flush left, figures flush right, each line ended.
std::string plain_text(const table& cells);

/// Headline, table and error of one work, for the terminal.
std::string plain_text(const work_findings& work);

}  // namespace versus
