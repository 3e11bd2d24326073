// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>

#include "report/findings.hpp"

namespace versus {

/// Scripts for gnuplot that draw one SVG each on standard output. Empty where there is nothing to draw.
std::string speed_up_script(const findings& found);
std::string time_script(const work_findings& work);

/// Lets gnuplot draw; returns the <svg> element, ready to stand in HTML.
/// Errors: std::runtime_error, where gnuplot is missing with the name of its package.
std::string draw(const std::string& script);

}  // namespace versus
