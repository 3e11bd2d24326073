// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>

#include <cstdint>
#include <filesystem>

namespace coil::fs {

/// Makes a directory and those above it that are missing. Completes: with whether it made any; one that is there is
/// none the worse. Errors: "mkdir a/b: Not a directory". Cancel: between two directories; those made stay.
task<bool> create_directories(std::filesystem::path path, unsigned permissions = 0777);

/// Removes a file, a link or a directory with everything below it; links are removed, not followed.
/// Completes: with how many names are gone; 0 if there was none. Errors: the first, with its path; what was removed
/// before is gone. What somebody adds meanwhile is removed too, or ends it with `errc::directory_not_empty`.
/// Cancel: between two names. Cost: as `walk`, and an entry for each name.
task<std::uint64_t> remove_all(std::filesystem::path path);

/// Reads where a link leads. Errors: "read_link a: Invalid argument" if it is none. Cost: a thread for blocking calls.
task<std::filesystem::path> read_link(std::filesystem::path path);

}  // namespace coil::fs
