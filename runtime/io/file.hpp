// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fd_operations.hpp>
#include <coil/runtime/io/file_operations.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/io/part_operations.hpp>
#include <coil/runtime/io/size_operations.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace coil::fs {

/// Is an open file.
/// Shape: open, or empty (moved from, closed). Moving it is free, also while operations are in flight on it.
/// Errors: `std::system_error` whose text names the operation and the file: "read_at /etc/motd: Input/output error".
/// Threads: any number of reads and writes at offsets may be in flight at once, awaited on any coil thread.
/// Lifetime: closing or destroying it ends its operations in flight: they throw `errc::operation_canceled`, or
/// `errc::bad_file_descriptor` if they begin afterwards.
/// Cost: two recycled or small allocations to open it; its operations allocate nothing.
class file {
public:
    file() noexcept = default;
    /// Takes a descriptor over, on which nothing is in flight; `name` stands in its errors; `direct` says that it goes
    /// past the system's cache.
    file(ring::descriptor d, std::string_view name, bool direct = false);

    /// Reads `to` full, from an offset on. Completes: with how many bytes, fewer than `to` has only at the end of the
    /// file. Errors: `transfer_error`; `errc::invalid_argument` for an offset beyond 2^63.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`.
    /// Cost: what is in memory is there after one system call, without a suspension, or shares one with what others do.
    read_at_await read_at(byte_span to, std::uint64_t offset, place where = place::current()) noexcept {
        return {descriptor_, to, offset, !direct_, where};
    }
    /// Writes all of `from`, from an offset on (in a file opened to append: at its end, whatever the offset).
    /// Completes: with its size. Errors: `transfer_error`, which knows how much was written before the disk was full.
    /// Cancel: `cancelled` and `timed_out` carry `transferred()`.
    write_at_await write_at(byte_view from, std::uint64_t offset, place where = place::current()) noexcept {
        return {descriptor_, from, offset, !direct_, where};
    }
    /// Reads some bytes at the file's own position, and moves that on: what a `buffered_reader` wants. Completes: with
    /// how many; 0 at the end. One at a time: a second is a `std::logic_error` at its line.
    fd_read_await read(byte_span to, place where = place::current()) noexcept {
        return {descriptor_, to, nullptr, where};
    }
    /// Writes all of `from` at the file's own position, or at the end of one that was opened to append. Completes: with
    /// its size. Errors, cancel: as `write_at`. One at a time.
    fd_write_await write(byte_view from, place where = place::current()) noexcept {
        return {descriptor_, from, nullptr, where};
    }
    /// Reads into several parts, one after another, as `read_at`. Lifetime: the parts and what holds them live until it
    /// is awaited. Cost: one system call or entry for 16 parts.
    parts_await read_parts_at(std::span<const byte_span> to, std::uint64_t offset,
                              place where = place::current()) noexcept {
        return {descriptor_, to, offset, !direct_, where};
    }
    /// Writes several parts, one after another, as `write_at`.
    parts_await write_parts_at(std::span<const byte_view> from, std::uint64_t offset,
                               place where = place::current()) noexcept {
        return {descriptor_, from, offset, !direct_, where};
    }
    /// Asks for everything that is known of it beside the contents. Cost: one system call.
    file_status_await status(place where = place::current()) noexcept { return {descriptor_, where}; }
    /// Cuts the file off at a size, or adds zeros up to it. Cancel: it has happened or not.
    truncate_await truncate(std::uint64_t size, place where = place::current()) noexcept {
        return {descriptor_, size, where};
    }
    /// Makes sure that the disk has room for a range; the file grows to its end. Errors: `errc::no_space_on_device`,
    /// and `errc::operation_not_supported` where the file system cannot.
    allocate_await allocate(std::uint64_t offset, std::uint64_t size, place where = place::current()) noexcept {
        return {descriptor_, offset, size, where};
    }
    /// Asks for the size, as this machine knows it: a network file system is not asked again. Units: bytes.
    file_size_await size(place where = place::current()) noexcept { return {descriptor_, where}; }
    /// Brings what was written to the device, the file's attributes too.
    sync_await sync(place where = place::current()) noexcept { return {descriptor_, false, where}; }
    /// The same without attributes that are not needed to read it (times).
    sync_await sync_data(place where = place::current()) noexcept { return {descriptor_, true, where}; }
    /// Closes the file; it is empty from the call on. Completes: when nothing is in flight any more and the descriptor
    /// is free. Errors: what only closing brings to light (a late write error, a quota). Cancel: shielded.
    close_file_await close(place where = place::current()) noexcept { return {descriptor_, nullptr, where}; }

    bool is_open() const noexcept { return static_cast<bool>(descriptor_); }
    /// The path that it was opened by.
    std::string_view name() const noexcept { return as_text(descriptor_.name()); }
    /// The descriptor, which stays the file's; -1 if it is empty.
    int native_handle() const noexcept { return descriptor_.number(); }

    /// What operations of the ring take.
    friend ring::descriptor& descriptor_of(file& f) noexcept { return f.descriptor_; }

private:
    ring::descriptor descriptor_;  // it has the name
    bool direct_ = false;
};

}  // namespace coil::fs
