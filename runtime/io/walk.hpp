// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/async_generator.hpp>

#include <cstdint>
#include <filesystem>
#include <system_error>

namespace coil::fs {

/// Is something that `walk` came by.
struct entry {
    std::filesystem::path path;  // the walked directory's, as it was given, and what lies below
    std::filesystem::file_type type = std::filesystem::file_type::unknown;  // of the entry itself: a link is a link
    unsigned depth = 0;  // 0 for what lies in the walked directory itself
    std::uint64_t inode = 0;
    std::error_code error;  // why a directory could not be read; with `.keep_going` only

    bool is_regular_file() const noexcept { return type == std::filesystem::file_type::regular; }
    bool is_directory() const noexcept { return type == std::filesystem::file_type::directory; }
    bool is_symlink() const noexcept { return type == std::filesystem::file_type::symlink; }
};

/// Says how `walk` walks.
struct walk_options {
    bool keep_going = false;    // a directory that cannot be read does not end the walk: its entry says why
    bool follow_links = false;  // a link is yielded as what it leads to, and walked if that is a directory
    unsigned max_depth = ~0U;   // nothing deeper is yielded; 0: only what lies in the walked directory itself
};

/// Yields everything below a directory: first what lies in it, then each of its directories followed by what lies in
/// that. Links are yielded, not followed (but for the walked directory itself), unless `.follow_links` says so: then a
/// link that leads nowhere stays a link, and no directory is walked twice. What vanishes meanwhile is left out.
/// Completes: an empty optional at the end. The order within a directory is the file system's.
/// Errors: "walk /root: Permission denied" (what had been found before is yielded first); the walk is over then, unless
/// it keeps going. Cancel: between two blocks of entries; it ends the walk.
/// Cost: a directory may have to come from a disk and the kernel has no entry for that, so blocks of some hundred
/// entries are read by a thread for blocking calls, one hand-over for each block.
async_generator<entry> walk(std::filesystem::path directory, walk_options options = {});

}  // namespace coil::fs
