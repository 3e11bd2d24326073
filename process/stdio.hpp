// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coil::process {

/// Says what one of a child's standard streams is: `inherit`, `pipe`, `null`, `to_stdout`, `file("log")` and so on.
/// Lifetime: the path of a file is referred to until the child has been spawned.
class stdio {
public:
    enum class kind : std::uint8_t {
        inherit,
        pipe,
        fast_pipe,
        terminal,
        null,
        to_stdout,
        to_stderr,
        descriptor,
        file,
        append,
    };

    constexpr stdio() noexcept = default;
    constexpr explicit stdio(kind what, int number = 0, std::string_view path = {}) noexcept
        : what_(what), number_(number), path_(path) {}

    /// A pipe that holds so many bytes (up to /proc/sys/fs/pipe-max-size). Source: fcntl(2), F_SETPIPE_SZ.
    constexpr stdio sized(std::size_t bytes) const noexcept { return stdio(what_, static_cast<int>(bytes), path_); }

    constexpr kind what() const noexcept { return what_; }
    constexpr int number() const noexcept { return number_; }
    constexpr std::string_view path() const noexcept { return path_; }

private:
    kind what_ = kind::inherit;
    int number_ = 0;  // a descriptor, or the size of a pipe
    std::string_view path_;
};

/// This process's own.
inline constexpr stdio inherit{stdio::kind::inherit};
/// A pipe, whose other end is the child's `in()`, `out()` or `err()`.
inline constexpr stdio pipe{stdio::kind::pipe};
/// The same by a pair of sockets with large buffers: about three times faster for bulk data. What the child may not do
/// with it: open /dev/stdin, splice.
inline constexpr stdio fast_pipe{stdio::kind::fast_pipe};
/// A pseudo-terminal, one for all streams that say so; the child leads a session of its own on it.
inline constexpr stdio terminal{stdio::kind::terminal};
/// /dev/null.
inline constexpr stdio null{stdio::kind::null};
/// Where the child's standard output goes: for `.err`.
inline constexpr stdio to_stdout{stdio::kind::to_stdout};
/// Where the child's standard error goes: for `.out`.
inline constexpr stdio to_stderr{stdio::kind::to_stderr};

/// A descriptor of this process, which stays open here.
constexpr stdio descriptor(int fd) noexcept {
    return stdio(stdio::kind::descriptor, fd);
}
/// A file: read from its start, or written from empty.
constexpr stdio file(std::string_view path) noexcept {
    return stdio(stdio::kind::file, 0, path);
}
/// A file that is written at its end.
constexpr stdio append(std::string_view path) noexcept {
    return stdio(stdio::kind::append, 0, path);
}

}  // namespace coil::process
