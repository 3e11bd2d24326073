// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <vector>

#include "report/findings.hpp"

namespace versus {

/// Charts as <svg> elements, the first over all works, then one per work in their order; empty where there is none.
struct drawn_charts {
    std::string speed_up;
    std::vector<std::string> works;
    std::string missing;  ///< Why there are none; empty if there are.
};

drawn_charts draw_charts(const findings& found);

/// The report as one page that needs nothing beside itself.
std::string html_report(const findings& found, const std::vector<std::string>& verdict, const drawn_charts& charts);

}  // namespace versus
