// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fd_operations.hpp>
#include <coil/runtime/io/file_operations.hpp>
#include <coil/runtime/io/ready.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <string>
#include <string_view>

namespace coil {

/// Is a stream over any descriptor: standard input, a terminal, a pipe, a device, a file at its own position.
/// Shape: open, or empty (moved from, closed). It takes a descriptor over and closes it in the end; 0, 1 and 2 it never
/// closes: there it works on a duplicate of its own, as `borrow` does for every number. The flags of the open file
/// description, which other processes may share, stay as they are: with O_NONBLOCK and without, reads and writes wait.
/// Errors: `std::system_error` whose text names the operation and the descriptor: "read fd 0: Input/output error".
/// Never SIGPIPE. One reader and one writer at a time: a second is a `std::logic_error` at its line.
/// Cancel: every operation can be stopped; what had completed by then is returned, so no byte is lost. (A read that
/// another process's read of the same terminal or pipe has overtaken goes on waiting.)
/// Threads: operations may be awaited on any coil thread; the object itself is used by one at a time.
/// Lifetime: closing or destroying it ends its operations in flight, as with every stream of coil.
/// Cost: two allocations to make it; its operations allocate nothing.
class fd_stream {
public:
    fd_stream() noexcept = default;
    /// Takes a descriptor over (0, 1, 2: a duplicate of it).
    /// Errors: "fd_stream fd 77: Bad file descriptor"; for a duplicate also `errc::too_many_files_open`.
    explicit fd_stream(int fd);
    /// The same for a descriptor of coil's; `name` stands in errors.
    fd_stream(ring::descriptor d, std::string name);
    /// Works on a duplicate of a descriptor, which stays the caller's.
    static fd_stream borrow(int fd);

    /// Reads some bytes. Completes: as soon as there are any, with how many; with 0 at the end (on a terminal more may
    /// come after that).
    fd_read_await read(byte_span to, place where = place::current()) noexcept { return {fd_, to, name_, where}; }
    /// Reads until `to` is full. Completes: with its size.
    /// Errors: `transfer_error`, with `errc::no_message_available` (ENODATA) if the stream ends before.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that lie in `to`.
    fd_read_exactly_await read_exactly(byte_span to, place where = place::current()) noexcept {
        return {fd_, to, name_, where};
    }
    /// Writes all of `from`. Completes: with its size. Errors: `transfer_error`.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that were written.
    fd_write_await write(byte_view from, place where = place::current()) noexcept { return {fd_, from, name_, where}; }
    /// Waits until there is something to read, and reads nothing.
    ready_await readable(place where = place::current()) noexcept { return {fd_, ready_await::side::readable, where}; }
    /// Waits until something can be written, and writes nothing.
    ready_await writable(place where = place::current()) noexcept { return {fd_, ready_await::side::writable, where}; }
    /// Closes the stream; it is empty from the call on. Completes: when nothing is in flight any more and the
    /// descriptor is free. Errors: what only closing brings to light. Cancel: shielded.
    fs::close_file_await close(place where = place::current()) noexcept { return {fd_, name_, where}; }

    bool is_open() const noexcept { return static_cast<bool>(fd_); }
    /// "fd 0", or the name that it was given.
    std::string_view name() const noexcept { return name_ ? std::string_view(*name_) : std::string_view(); }
    /// The descriptor, which stays the stream's (for a duplicate: its number, not the original's); -1 if it is empty.
    int native_handle() const noexcept { return fd_.number(); }

    /// What operations of the ring take.
    friend ring::descriptor& descriptor_of(fd_stream& s) noexcept { return s.fd_; }

private:
    ring::descriptor fd_;
    descriptor_name name_;
};

}  // namespace coil
