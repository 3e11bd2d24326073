// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>

struct statx;

namespace coil::fs {

/// Is what a file system knows of a file beside its contents.
struct metadata {
    using time = std::chrono::sys_time<nanoseconds>;

    std::filesystem::file_type type = std::filesystem::file_type::unknown;
    std::filesystem::perms permissions = std::filesystem::perms::unknown;
    std::uint64_t size = 0;       // in bytes
    std::uint64_t allocated = 0;  // bytes of the disk
    std::uint64_t device = 0;     // with the inode it tells files apart
    std::uint64_t inode = 0;
    std::uint64_t links = 0;       // names that it has
    std::uint32_t owner = 0;       // a user's number
    std::uint32_t group = 0;       // a group's number
    std::uint32_t block_size = 0;  // a good size for reads and writes
    time modified, accessed, changed;
    time created;  // the epoch where the file system does not say

    bool is_regular_file() const noexcept { return type == std::filesystem::file_type::regular; }
    bool is_directory() const noexcept { return type == std::filesystem::file_type::directory; }
    bool is_symlink() const noexcept { return type == std::filesystem::file_type::symlink; }
    bool is_same_file(const metadata& other) const noexcept { return device == other.device && inode == other.inode; }
};

/// Puts the kernel's answer into coil's words.
metadata metadata_from(const struct ::statx& answer) noexcept;

}  // namespace coil::fs
