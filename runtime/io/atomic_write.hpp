// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>

#include <filesystem>

namespace coil::fs {

/// Replaces a file's contents in one step: whoever opens it, now or after a loss of power, finds all of the old or all
/// of the new. It is written under another name in the same folder, brought to the device, renamed, and the folder
/// brought to the device.
/// Shape: made if missing, with the permissions 0666 less the umask; a file that is there keeps its permissions; a link
/// is followed. Errors: those of each step, with its path; `errc::invalid_argument` for what is no regular file.
/// Cancel: until the new contents have the name the old ones stay, and nothing else is left behind.
/// Lifetime: `data` lives until it is awaited.
task<> atomic_write_file(std::filesystem::path path, byte_view data);

}  // namespace coil::fs
