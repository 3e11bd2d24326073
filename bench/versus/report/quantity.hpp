// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>

namespace versus {

/// 1234567 as "1,234,567".
std::string count_text(std::uint64_t n);
/// Seconds with three digits and the fitting unit: "812 ms", "3.02 s", "95.1 us".
std::string time_text(double seconds);
/// KiB as "512 KB", "8.1 MB", "1.2 GB" (of 1,024 each).
std::string memory_text(double kib);
/// "31.4 x", "1.93 x", "0.87 x".
std::string ratio_text(double ratio);
/// A share of 1 as "3 %".
std::string percent_text(double share);

}  // namespace versus
