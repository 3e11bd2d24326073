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

// Each names its peer in its error (an `endpoint`, a `unix_endpoint`): that is the name of the descriptor, which
// outlives the stream for those who fail.

/// Is the awaiter of `read`.
template <class Name>
class [[nodiscard("co_await it")]] basic_read_await
    : public fallible<basic_read_await<Name>, ring::recv_operation, std::size_t> {
    using base = fallible<basic_read_await<Name>, ring::recv_operation, std::size_t>;

public:
    basic_read_await(ring::descriptor& d, byte_span to, place where) noexcept
        : base(d, to.data(), to.size(), 0, false, where) {}

private:
    friend base;
    static std::size_t value(int count) noexcept { return static_cast<std::size_t>(count); }
    error failure(int error) const;
};

/// Is the awaiter of `receive`.
template <class Name>
class [[nodiscard("co_await it")]] basic_receive_chunk_await
    : public fallible<basic_receive_chunk_await<Name>, ring::receive_operation, chunk> {
    using base = fallible<basic_receive_chunk_await<Name>, ring::receive_operation, chunk>;

public:
    basic_receive_chunk_await(ring::descriptor& d, place where) noexcept
        : base(d, where) {}

private:
    friend base;
    chunk value(int count) noexcept { return this->take(count); }
    error failure(int error) const;
};

/// Is the awaiter of `write_some`.
template <class Name>
class [[nodiscard("co_await it")]] basic_write_some_await
    : public fallible<basic_write_some_await<Name>, ring::send_operation, std::size_t> {
    using base = fallible<basic_write_some_await<Name>, ring::send_operation, std::size_t>;

public:
    basic_write_some_await(ring::descriptor& d, byte_view from, place where) noexcept
        : base(d, from.data(), from.size(), 0, where) {}

private:
    friend base;
    static std::size_t value(int count) noexcept { return static_cast<std::size_t>(count); }
    error failure(int error) const;
};

/// Receives until a buffer is full: as many entries as it takes.
class receive_whole : public whole_transfer {
protected:
    receive_whole(ring::descriptor& d, byte_span to, place where) noexcept
        : whole_transfer(table, d, to.size(), where), to_(to.data()) {}
    receive_whole(receive_whole&&) = default;
    ~receive_whole() = default;
    int outcome();

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    std::byte* to_;
};

/// Sends a whole buffer: as many entries as it takes.
class send_whole : public whole_transfer {
protected:
    send_whole(ring::descriptor& d, byte_view from, place where) noexcept
        : whole_transfer(table, d, from.size(), where), from_(from.data()) {}
    send_whole(send_whole&&) = default;
    ~send_whole() = default;

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    const std::byte* from_;
};

/// Is the awaiter of `read_exactly`.
template <class Name>
class [[nodiscard("co_await it")]] basic_read_exactly_await
    : public fallible<basic_read_exactly_await<Name>, receive_whole, std::size_t> {
    using base = fallible<basic_read_exactly_await<Name>, receive_whole, std::size_t>;

public:
    basic_read_exactly_await(ring::descriptor& d, byte_span to, place where) noexcept
        : base(d, to, where) {}

private:
    friend base;
    using receive_whole::outcome;
    using whole_transfer::value;
    error failure(int error) const;
};

/// Is the awaiter of `write`.
template <class Name>
class [[nodiscard("co_await it")]] basic_write_await
    : public fallible<basic_write_await<Name>, send_whole, std::size_t> {
    using base = fallible<basic_write_await<Name>, send_whole, std::size_t>;

public:
    basic_write_await(ring::descriptor& d, byte_view from, place where) noexcept
        : base(d, from, where) {}

private:
    friend base;
    using whole_transfer::value;
    error failure(int error) const;
};

/// Ends one direction of a connection; it never waits.
class shutdown_of_writing : public ring::operation {
protected:
    shutdown_of_writing(ring::descriptor& d, place where) noexcept : operation(table, d, where) {}
    shutdown_of_writing(shutdown_of_writing&&) = default;
    ~shutdown_of_writing() = default;

private:
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
};

/// Is the awaiter of `shutdown_write`.
template <class Name>
class [[nodiscard("co_await it")]] basic_shutdown_await
    : public fallible<basic_shutdown_await<Name>, shutdown_of_writing, void> {
    using base = fallible<basic_shutdown_await<Name>, shutdown_of_writing, void>;

public:
    basic_shutdown_await(ring::descriptor& d, place where) noexcept : base(d, where) {}

private:
    friend base;
    error failure(int error) const;
};

/// Is the awaiter of a socket's `close`.
template <class Name>
class [[nodiscard("co_await it")]] basic_close_await
    : public fallible<basic_close_await<Name>, ring::close_operation, void> {
    using base = fallible<basic_close_await<Name>, ring::close_operation, void>;

public:
    basic_close_await(ring::descriptor& d, const Name& name, place where) noexcept : base(d, where), name_(name) {}

private:
    friend base;
    error failure(int error) const;
    Name name_;
};

using close_await = basic_close_await<endpoint>;

}  // namespace coil::net
