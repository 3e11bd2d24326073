// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>

#include <cstdint>
#include <filesystem>

namespace coil::fs {

/// Says how `copy_file` copies.
struct copy_options {
    bool overwrite = true;  // false: `errc::file_exists` if the target exists
    bool in_place = false;  // into the target itself: after an error or a stop it holds a part
    bool durable = false;   // contents and name are on the device when it completes
    /// Called every few MiB and at the end, with `context`, the bytes copied and the size of the source; on any of
    /// coil's threads, one call at a time. It may not throw.
    void (*progress)(void* context, std::uint64_t copied, std::uint64_t total) noexcept = nullptr;
    void* context = nullptr;
};

/// Copies a file's contents and permissions. Completes: with how many bytes.
/// Shape: links are followed on both sides. The copy is made under another name in the target's folder and takes the
/// target's name, and a target's permissions, when it is whole; what is no regular file (a device, a pipe) is written
/// in place. Where the file system can share blocks, nothing is copied.
/// Errors: those of each step, with its path: "open a: No such file or directory", "write_at b after 4 of 10 bytes: No
/// space left on device"; `errc::is_a_directory` for a source that is one; `errc::invalid_argument` if both are one
/// file.
/// Cancel: the target stays as it was, and nothing else is left behind; not so with `.in_place`.
/// Cost: what is larger than 512 KiB is one job of a thread for blocking calls, in which the kernel shares blocks or, on a
/// file system with a way of its own (a server's), copies 4 MiB at a time; otherwise 512 KiB at a time are read and
/// written. Where neither goes, eight pieces are read and written at once.
task<std::uint64_t> copy_file(std::filesystem::path from, std::filesystem::path to, copy_options options = {});

}  // namespace coil::fs
