// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unique_name.hpp>

#include <array>
#include <random>
#include <string>

namespace coil::fs {

std::filesystem::path unique_name(const std::filesystem::path& folder, std::string_view prefix) {
    static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::size_t most_kept = 64;  // of the prefix: a name may have 255 bytes
    std::random_device entropy;
    std::uniform_int_distribution<std::size_t> any(0, letters.size() - 1);
    std::string name(prefix.substr(0, most_kept));
    name.push_back('.');
    for (int i = 0; i != 12; ++i)
        name.push_back(letters[any(entropy)]);
    return folder / name;
}

}  // namespace coil::fs
