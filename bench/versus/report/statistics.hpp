// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace versus {

/// Shape: 0 for none; the mean of the two in the middle for an even number.
double median(std::vector<double> values);

/// How two modes compare over rounds in which both ran one soon after the other, so that the drift of the machine
/// falls out of each ratio.
struct paired_ratio {
    std::size_t pairs = 0;
    double median = 0;
    double least = 0;
    double most = 0;
};

/// The ratios a[i] / b[i]. Shape: as many as the shorter has; pairs whose b is not above 0 are left out.
paired_ratio ratios(std::span<const double> a, std::span<const double> b);

enum class standing { shorter, alike, longer };

/// Whether the times `a` are shorter or longer than the times `b`, or nobody can tell.
/// A difference counts only if there are three pairs or more, all of them point the same way, and it is 5 % at least.
standing compare(std::span<const double> a, std::span<const double> b);

}  // namespace versus
