// SPDX-License-Identifier: BSL-1.0
#include "report/quantity.hpp"

#include <fmt/format.h>

#include <cmath>

namespace versus {
namespace {

// Three digits that mean something, never an exponent.
std::string three_digits(double value) {
    const double size = std::fabs(value);
    if (size >= 99.95) return fmt::format("{:.0f}", value);
    if (size >= 9.995) return fmt::format("{:.1f}", value);
    return fmt::format("{:.2f}", value);
}

}  // namespace

std::string count_text(std::uint64_t n) {
    const std::string digits = std::to_string(n);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string time_text(double seconds) {
    if (seconds >= 0.9995) return three_digits(seconds) + " s";
    if (seconds >= 0.9995e-3) return three_digits(seconds * 1e3) + " ms";
    return three_digits(seconds * 1e6) + " us";
}

std::string memory_text(double kib) {
    if (kib < 1024) return fmt::format("{:.0f} KB", kib);
    if (kib < 1024 * 1024) return fmt::format("{:.1f} MB", kib / 1024);
    return fmt::format("{:.1f} GB", kib / (1024 * 1024));
}

std::string ratio_text(double ratio) {
    return (ratio >= 9.995 ? fmt::format("{:.1f}", ratio) : fmt::format("{:.2f}", ratio)) + " x";
}

std::string percent_text(double share) {
    return fmt::format("{:.0f} %", share * 100);
}

}  // namespace versus
