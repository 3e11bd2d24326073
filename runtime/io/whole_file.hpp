// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>

#include <filesystem>
#include <string>

namespace coil::fs {

/// Reads a whole file. Completes: with what it holds, byte for byte.
/// Shape: a file that grows is read as far as it went when it was opened; one that has no size (of /proc, a pipe) to
/// its end. Errors: those of `open` and of reading, each with the path; `std::bad_alloc` if it does not fit into
/// memory.
/// Cancel: between its steps and in each of them. Cost: one trip to the ring if the file is in memory.
task<std::string> read_file(std::filesystem::path path);

/// Says how `write_file` writes.
struct write_options {
    bool durable = false;  // the contents are on the device when it completes (the file's name need not be)
};

/// Writes a whole file: made if it is missing, from empty if it is there.
/// Errors: those of `open`, `write_at`, `sync` and `close`. After an error or a stop the file holds a part; it is not
/// replaced in one step, which `atomic_write_file` does. Lifetime: `data` lives until it is awaited.
/// Cancel: between its steps and in each of them. Cost: an entry for each step.
task<> write_file(std::filesystem::path path, byte_view data, write_options options = {});

}  // namespace coil::fs
