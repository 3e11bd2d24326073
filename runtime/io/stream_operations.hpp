// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/whole_transfer.hpp>
#include <coil/runtime/ring/close.hpp>
#include <coil/runtime/ring/receive.hpp>
#include <coil/runtime/ring/socket_operations.hpp>

#include <cstddef>

namespace coil::net {

// Each names its peer in its error, and has a copy of its name: the stream may be moved, or gone, by then.

/// Is the awaiter of `read`.
class [[nodiscard("co_await it")]] read_await : public fallible<read_await, ring::recv_operation, std::size_t> {
public:
    read_await(ring::descriptor& d, byte_span to, const endpoint& peer, place where) noexcept
        : fallible(d, to.data(), to.size(), 0, false, where), peer_(peer) {}

private:
    friend fallible;
    static std::size_t value(int count) noexcept { return static_cast<std::size_t>(count); }
    error failure(int error) const;
    endpoint peer_;
};

/// Is the awaiter of `receive`.
class [[nodiscard("co_await it")]] receive_await : public fallible<receive_await, ring::receive_operation, chunk> {
public:
    receive_await(ring::descriptor& d, const endpoint& peer, place where) noexcept : fallible(d, where), peer_(peer) {}

private:
    friend fallible;
    chunk value(int count) noexcept { return take(count); }
    error failure(int error) const;
    endpoint peer_;
};

/// Is the awaiter of `read_exactly`: as many entries as it takes.
class [[nodiscard("co_await it")]] read_exactly_await
    : public fallible<read_exactly_await, whole_transfer, std::size_t> {
public:
    read_exactly_await(ring::descriptor& d, byte_span to, const endpoint& peer, place where) noexcept
        : fallible(table, d, to.size(), where), to_(to.data()), peer_(peer) {}

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;

    int outcome();
    error failure(int error) const;
    std::byte* to_;
    endpoint peer_;
};

/// Is the awaiter of `write`: as many entries as it takes.
class [[nodiscard("co_await it")]] write_await : public fallible<write_await, whole_transfer, std::size_t> {
public:
    write_await(ring::descriptor& d, byte_view from, const endpoint& peer, place where) noexcept
        : fallible(table, d, from.size(), where), from_(from.data()), peer_(peer) {}

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;

    error failure(int error) const;
    const std::byte* from_;
    endpoint peer_;
};

/// Is the awaiter of `shutdown_write`; it never waits.
class [[nodiscard("co_await it")]] shutdown_await : public fallible<shutdown_await, ring::operation, void> {
public:
    shutdown_await(ring::descriptor& d, const endpoint& peer, place where) noexcept
        : fallible(table, d, where), peer_(peer) {}

private:
    friend fallible;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    error failure(int error) const;
    endpoint peer_;
};

/// Is the awaiter of a socket's `close`.
class [[nodiscard("co_await it")]] close_await : public fallible<close_await, ring::close_operation, void> {
public:
    close_await(ring::descriptor& d, const endpoint& name, place where) noexcept : fallible(d, where), name_(name) {}

private:
    friend fallible;
    error failure(int error) const;
    endpoint name_;
};

}  // namespace coil::net
