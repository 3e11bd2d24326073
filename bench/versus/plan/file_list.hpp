// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace versus {

/// The files below a directory, in the order of their names.
struct file_list {
    std::vector<std::string> files;
    std::uint64_t bytes = 0;
    std::size_t unreadable = 0;  ///< Files and directories left out because they may not be read.
    bool cut = false;            ///< There are more than were looked at.
};

/// Finds the regular files that can be read. Links are not followed.
/// Errors: std::runtime_error that names the directory if it is not there, is none, or holds no such file.
file_list list_files(const std::string& dir, std::size_t most, std::chrono::duration<double> longest);

/// At most `count` files, taken evenly from the whole list.
std::vector<std::string> sample(const std::vector<std::string>& files, std::size_t count);

}  // namespace versus
