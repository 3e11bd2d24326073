// SPDX-License-Identifier: BSL-1.0
#include "report/statistics.hpp"

#include <algorithm>

namespace versus {
namespace {

constexpr std::size_t least_pairs = 3;
constexpr double least_difference = 1.05;

}  // namespace

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

paired_ratio ratios(std::span<const double> a, std::span<const double> b) {
    std::vector<double> all;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (b[i] > 0) all.push_back(a[i] / b[i]);
    }
    if (all.empty()) return {};
    const auto [least, most] = std::ranges::minmax(all);
    return {all.size(), median(all), least, most};
}

standing compare(std::span<const double> a, std::span<const double> b) {
    const paired_ratio ratio = ratios(a, b);
    if (ratio.pairs < least_pairs) return standing::alike;
    if (ratio.most < 1 && ratio.median <= 1 / least_difference) return standing::shorter;
    if (ratio.least > 1 && ratio.median >= least_difference) return standing::longer;
    return standing::alike;
}

}  // namespace versus
