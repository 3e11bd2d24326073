// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>

namespace coil::process {

/// Is what joins this process to a child: the end that stays, and the end that the child gets, which is closed here once
/// the child has it.
struct child_ends {
    ring::descriptor ours;
    ring::descriptor childs;
};

/// Which way the bytes go.
enum class flow : bool { to_child, from_child };

/// Makes a pipe that holds `size` bytes, or what pipes hold. Errors: `std::system_error`.
child_ends make_pipe(flow way, std::size_t size);
/// Makes a pair of sockets with large buffers, of which one direction is used. Errors: `std::system_error`.
child_ends make_fast_pipe(flow way);
/// Makes a pseudo-terminal. Errors: `std::system_error`. Source: pty(7), ioctl_tty(2).
child_ends make_terminal();
/// Duplicates a descriptor of ours, so that it can be read and written through two objects.
ring::descriptor duplicate(const ring::descriptor& d);

/// Tells whether a number is open here, so that a child can inherit it.
bool is_open(int fd);

}  // namespace coil::process
