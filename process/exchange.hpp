// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/pipe_end.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>

#include <string>

namespace coil::process {

/// Writes all of `input` and closes the pipe; closes it at once where there is nothing to write. That nobody reads it is no
/// error: a program need not want all of its input.
task<> feed(pipe_end& in, byte_view input);
/// Appends to `text` whatever comes until the end, and closes the pipe. What was read when it is stopped is in `text`.
task<> collect(pipe_end& out, std::string& text);
/// The same for what is there already; it waits for nothing.
task<> collect_rest(pipe_end& out, std::string& text);

}  // namespace coil::process
