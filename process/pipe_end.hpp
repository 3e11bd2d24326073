// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fd_operations.hpp>
#include <coil/runtime/io/ready.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace coil::process {

/// Is the awaiter of `pipe_end::read`. A terminal that its child has left answers with an error of input: its end.
class [[nodiscard("co_await it")]] pipe_read_await : public fd_read_await {
public:
    pipe_read_await(ring::descriptor& d, byte_span to, descriptor_name name, bool of_terminal, place where) noexcept
        : fd_read_await(d, to, std::move(name), where), terminal_(of_terminal) {}
    coil::result<std::size_t> await_result() {
        auto r = fd_read_await::await_result();
        if (terminal_ && !r && r.error() == std::errc::io_error) return coil::result<std::size_t>(std::size_t{0});
        return r;
    }
    std::size_t await_resume() {
        if (!terminal_) return fd_read_await::await_resume();
        return await_result().value();
    }

private:
    bool terminal_;
};

/// Is this process's end of a pipe to a child, or from it: a stream, for readers and writers too.
/// Shape: open, or empty (closed, moved from, never a pipe).
/// Errors: `std::system_error` whose text names it: "write stdin of sort: Broken pipe", without SIGPIPE. One reader and
/// one writer at a time: a second is a `std::logic_error` at its line.
/// Cancel: what had been moved when an operation was stopped is returned or counted: no byte is lost.
/// Threads: operations may be awaited on any coil thread; the object itself is used by one at a time.
/// Cost: its operations allocate nothing.
class pipe_end {
public:
    pipe_end() noexcept = default;
    pipe_end(ring::descriptor d, std::string name, bool of_terminal = false)
        : fd_(std::move(d)), name_(std::make_shared<const std::string>(std::move(name))), terminal_(of_terminal) {}

    /// Reads some bytes. Completes: with how many, 0 at the end: all who held the other end have closed it.
    pipe_read_await read(byte_span to, place where = place::current()) noexcept {
        return {fd_, to, name_, terminal_, where};
    }
    /// Reads until `to` is full. Errors: `transfer_error`, with `errc::no_message_available` if the end comes before.
    fd_read_exactly_await read_exactly(byte_span to, place where = place::current()) noexcept {
        return {fd_, to, name_, where};
    }
    /// Writes all of `from`. Errors: `transfer_error`; `errc::broken_pipe` once nobody can read it any more.
    fd_write_await write(byte_view from, place where = place::current()) noexcept { return {fd_, from, name_, where}; }
    /// Waits until there is something to read, or the end.
    ready_await readable(place where = place::current()) noexcept { return {fd_, ready_await::side::readable, where}; }
    /// Waits until something can be written.
    ready_await writable(place where = place::current()) noexcept { return {fd_, ready_await::side::writable, where}; }
    /// Closes it, at once: whoever reads at the other end finds the end. Operations in flight are cancelled.
    void close() noexcept { fd_.reset(); }

    bool is_open() const noexcept { return static_cast<bool>(fd_); }
    /// The descriptor, which stays the object's; -1 if it is empty.
    int native_handle() const noexcept { return fd_.number(); }
    /// "stdout of sort".
    std::string_view name() const noexcept { return name_ ? std::string_view(*name_) : std::string_view(); }

private:
    ring::descriptor fd_;
    descriptor_name name_;
    bool terminal_ = false;
};

}  // namespace coil::process
