// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/whole_transfer.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

struct msghdr;

namespace coil::net {

/// Lays parts out for the kernel, from any byte on, without a copy of their list: a `byte_view` lies in memory as the
/// kernel's iovec does. Only where a transfer ended within a part, a few parts are copied to cut the first.
class parts_window {
public:
    parts_window(const void* parts, std::size_t count) noexcept;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    void advance(std::size_t bytes) noexcept;
    /// What is left, as far as one message takes it; valid until the next call.
    msghdr& message() noexcept;

private:
    static constexpr std::size_t most_cut = 8;
    const std::byte* parts_;
    std::size_t count_;
    std::size_t skip_ = 0;  // bytes of the first part that are done
    std::size_t size_ = 0;  // of all parts, as they were
    alignas(std::uint64_t) std::array<std::byte, 16 * most_cut> cut_;
    alignas(std::uint64_t) std::array<std::byte, 56> header_;
};

/// Receives into several buffers, with one entry.
class receive_parts : public ring::operation {
public:
    bool await_ready() { return parts_.empty() ? refused() || true : operation::await_ready(); }

protected:
    receive_parts(ring::descriptor& d, std::span<const byte_span> to, place where) noexcept
        : operation(table, d, where), parts_(to.data(), to.size()) {}
    receive_parts(receive_parts&&) = default;
    ~receive_parts() = default;

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    parts_window parts_;
};

/// Sends several buffers, with as many entries as it takes.
class send_parts : public whole_transfer {
protected:
    send_parts(ring::descriptor& d, const parts_window& from, place where) noexcept
        : whole_transfer(table, d, from.size(), where), parts_(from) {}
    send_parts(send_parts&&) = default;
    ~send_parts() = default;

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static bool counts(operation& o, int result) noexcept;
    static const ring::operation_table table;
    parts_window parts_;
};

/// Is the awaiter of `read_vectored`.
template <class Name>
class [[nodiscard("co_await it")]] basic_read_vectored_await
    : public fallible<basic_read_vectored_await<Name>, receive_parts, std::size_t> {
    using base = fallible<basic_read_vectored_await<Name>, receive_parts, std::size_t>;

public:
    basic_read_vectored_await(ring::descriptor& d, std::span<const byte_span> to, place where) noexcept
        : base(d, to, where) {}

private:
    friend base;
    static std::size_t value(int count) noexcept { return static_cast<std::size_t>(count); }
    error failure(int error) const;
};

/// Is the awaiter of `write_vectored`.
template <class Name>
class [[nodiscard("co_await it")]] basic_write_vectored_await
    : public fallible<basic_write_vectored_await<Name>, send_parts, std::size_t> {
    using base = fallible<basic_write_vectored_await<Name>, send_parts, std::size_t>;

public:
    basic_write_vectored_await(ring::descriptor& d, std::span<const byte_view> from, place where) noexcept
        : base(d, parts_window(from.data(), from.size()), where) {}

private:
    friend base;
    using whole_transfer::value;
    error failure(int error) const;
};

}  // namespace coil::net
