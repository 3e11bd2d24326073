// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/fd_operations.hpp>
#include <coil/runtime/io/whole_transfer.hpp>
#include <coil/runtime/ring/close.hpp>
#include <coil/runtime/ring/file_operations.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace coil::fs {

/// Is the awaiter of `read_at`: as many tries and entries as it takes.
class [[nodiscard("co_await it")]] read_at_await : public fallible<read_at_await, whole_transfer, std::size_t> {
public:
    /// `tried`: first without waiting, which is no try where the device is read each time.
    read_at_await(ring::descriptor& d, byte_span to, std::uint64_t offset, bool tried, place where) noexcept
        : fallible(tried ? table : untried, d, to.size(), where),
          to_(to.data()),
          offset_(offset) {}

    bool await_ready();

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    static const ring::operation_table untried;

    error failure(int error) const;
    std::byte* to_;
    std::uint64_t offset_;
};

/// Is the awaiter of `write_at`: as many tries and entries as it takes.
class [[nodiscard("co_await it")]] write_at_await : public fallible<write_at_await, whole_transfer, std::size_t> {
public:
    write_at_await(ring::descriptor& d, byte_view from, std::uint64_t offset, bool tried, place where) noexcept
        : fallible(tried ? table : untried, d, from.size(), where),
          from_(from.data()),
          offset_(offset) {}

    bool await_ready();

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    static const ring::operation_table untried;

    int outcome();
    error failure(int error) const;
    const std::byte* from_;
    std::uint64_t offset_;
};

/// Is the awaiter of `size`.
class [[nodiscard("co_await it")]] file_size_await : public fallible<file_size_await, ring::operation, std::uint64_t> {
public:
    file_size_await(ring::descriptor& d, place where) noexcept : fallible(table, d, where) {}

private:
    friend fallible;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;

    std::uint64_t value(int) const noexcept;
    error failure(int error) const;
    alignas(std::uint64_t) std::array<std::byte, 256> status_;  // a struct statx
};

/// Is the awaiter of `sync`.
class [[nodiscard("co_await it")]] sync_await : public fallible<sync_await, ring::sync_operation, void> {
public:
    sync_await(ring::descriptor& d, bool data_only, place where) noexcept
        : fallible(d, data_only, where) {}

private:
    friend fallible;
    error failure(int error) const;
};

/// Is the awaiter of a file's `close`.
class [[nodiscard("co_await it")]] close_file_await : public fallible<close_file_await, ring::close_operation, void> {
public:
    /// `name`, if there is none of the descriptor's own.
    close_file_await(ring::descriptor& d, descriptor_name name, place where) noexcept
        : fallible(d, where), name_(std::move(name)) {}

private:
    friend fallible;
    error failure(int error) const;
    descriptor_name name_;
};

}  // namespace coil::fs
