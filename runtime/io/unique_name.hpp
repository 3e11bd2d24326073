// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <filesystem>
#include <string_view>

namespace coil::fs {

// Makes up a name in a folder that nobody else has, very likely: whoever creates it asks for it not to exist.
std::filesystem::path unique_name(const std::filesystem::path& folder, std::string_view prefix);

// How often another one is tried.
inline constexpr int most_names = 100;

}  // namespace coil::fs
