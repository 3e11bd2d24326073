// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string>
#include <string_view>

#include "report/findings.hpp"

namespace versus {

/// Scripts for gnuplot that draw one SVG each on standard output. Empty where there is nothing to draw.
std::string speed_up_script(const findings& found);
std::string time_script(const work_findings& work);

/// Lets gnuplot draw; returns the <svg> element, ready to stand in HTML beside others.
/// Errors: std::runtime_error, where gnuplot is missing with the name of its package.
std::string draw(const std::string& script);

/// Puts `prefix` in front of every id of an <svg> element and of every reference to one: gnuplot gives each drawing the
/// same ids, and in a page they are to be unique.
std::string with_own_ids(std::string svg, std::string_view prefix);

}  // namespace versus
