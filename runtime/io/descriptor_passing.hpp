// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/io/whole_transfer.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

struct msghdr;

namespace coil::net {

/// Is what `receive_descriptors` got. The descriptors are the receiver's own, close-on-exec, and are closed with it.
class received_descriptors {
public:
    received_descriptors() noexcept = default;
    received_descriptors(std::size_t n, std::vector<ring::descriptor> all, bool lost) noexcept
        : size(n), descriptors(std::move(all)), truncated(lost) {}

    std::size_t size = 0;  // bytes that lie in the buffer; 0 at the end of the stream
    std::vector<ring::descriptor> descriptors;
    bool truncated = false;  // some did not arrive: this process has as many as it may
};

/// Is the awaiter of `send_descriptors`.
class [[nodiscard("co_await it")]] send_descriptors_await
    : public fallible<send_descriptors_await, whole_transfer, std::size_t> {
public:
    static constexpr std::size_t most = 253;  // the kernel's limit for one message
    send_descriptors_await(ring::descriptor& d, std::span<const int> descriptors, byte_view with,
                           place where) noexcept
        : fallible(table, d, with.size(), where), descriptors_(descriptors), with_(with) {}

    bool await_ready();

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    msghdr& message() noexcept;
    error failure(int error) const;

    std::span<const int> descriptors_;
    byte_view with_;
    alignas(std::uint64_t) std::array<std::byte, 16> part_;
    alignas(std::uint64_t) std::array<std::byte, 56> header_;
    alignas(std::uint64_t) std::array<std::byte, 1032> control_;
};

/// Is the awaiter of `receive_descriptors`.
class [[nodiscard("co_await it")]] receive_descriptors_await
    : public fallible<receive_descriptors_await, ring::operation, received_descriptors> {
public:
    receive_descriptors_await(ring::descriptor& d, byte_span to, place where) noexcept
        : fallible(table, d, where), to_(to) {}

private:
    friend fallible;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    msghdr& message() noexcept;
    received_descriptors value(int count);
    error failure(int error) const;

    byte_span to_;
    alignas(std::uint64_t) std::array<std::byte, 16> part_;
    alignas(std::uint64_t) std::array<std::byte, 56> header_;
    alignas(std::uint64_t) std::array<std::byte, 1032> control_;
};

}  // namespace coil::net
