// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>

struct msghdr;
struct sockaddr;

namespace coil::net {

class unix_endpoint;

/// Is what came with one datagram: `auto [size, from] = co_await s.receive_from(buffer)`, or by name.
/// Shape: counts as its size. A datagram of no bytes is one like any other, and no end.
template <class Name>
class datagram {
public:
    datagram(std::size_t n, const Name& sender, bool cut) noexcept : size(n), from(sender), truncated(cut) {}
    operator std::size_t() const noexcept { return size; }  // NOLINT: `std::size_t n = co_await s.receive(buffer)`

    std::size_t size;  // bytes that lie in the buffer
    Name from;
    bool truncated;  // it was larger than the buffer, and the rest is lost

    template <std::size_t I>
    auto get() const noexcept {
        if constexpr (I == 0) return size;
        else return from;
    }
};

/// Is one message and the memory of its header.
class message_operation : public ring::operation {
protected:
    message_operation(const ring::operation_table& kind, ring::descriptor& d, void* data, std::size_t size,
                      place where) noexcept
        : operation(kind, d, where), data_(data), size_(size) {}
    message_operation(message_operation&&) = default;
    ~message_operation() = default;

    /// Lays it out where it lies now, once it lies still.
    msghdr& lay_out(const sockaddr* peer, unsigned peer_size) noexcept;
    const msghdr& header() const noexcept { return *reinterpret_cast<const msghdr*>(header_.data()); }
    std::size_t size() const noexcept { return size_; }

private:
    void* data_;
    std::size_t size_;
    alignas(std::uint64_t) std::array<std::byte, 16> part_;
    alignas(std::uint64_t) std::array<std::byte, 56> header_;
};

/// Sends one message; an address of size 0: to whom the socket is connected.
/// With `retries` nothing waits in the kernel: a message for which there is no room is tried again after a pause.
class send_message : public message_operation {
protected:
    send_message(ring::descriptor& d, byte_view from, const sockaddr* (*to)(const send_message&), unsigned to_size,
                 bool retries, place where) noexcept
        : message_operation(table, d, const_cast<std::byte*>(from.data()), from.size(), where),
          to_(to),
          to_size_(to_size),
          retries_(retries) {}
    send_message(send_message&&) = default;
    ~send_message() = default;

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;
    const sockaddr* (*to_)(const send_message&);  // it lies in the awaiter, which may still be moved
    unsigned to_size_;
    bool retries_;
    bool pauses_ = false;          // what the present entry does
    long long pause_[2] = {0, 0};  // as the kernel's timespec
};

class receive_message : public message_operation {
protected:
    receive_message(ring::descriptor& d, byte_span to, place where) noexcept
        : message_operation(table, d, to.data(), to.size(), where) {}
    receive_message(receive_message&&) = default;
    ~receive_message() = default;

    const sockaddr* sender() const noexcept { return reinterpret_cast<const sockaddr*>(sender_.data()); }
    unsigned sender_size() const noexcept;
    bool was_cut() const noexcept;

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;
    alignas(std::uint64_t) std::array<std::byte, 112> sender_;
};

/// Is the awaiter of `send` and `send_to`.
template <class Name>
class [[nodiscard("co_await it")]] basic_send_await
    : public fallible<basic_send_await<Name>, send_message, std::size_t> {
    using base = fallible<basic_send_await<Name>, send_message, std::size_t>;
    // A Unix socket without a connection would wait for its receiver in a thread of the kernel's, where stops are
    // missed.
    static constexpr bool retries = std::same_as<Name, unix_endpoint>;

public:
    basic_send_await(ring::descriptor& d, byte_view from, const Name& to, bool connected, place where) noexcept
        : base(d, from, connected ? nullptr : &address, connected ? 0 : to.size(), retries && !connected, where),
          to_(to),
          connected_(connected) {}

private:
    friend base;
    static const sockaddr* address(const send_message& m) { return static_cast<const basic_send_await&>(m).to_.data(); }
    static std::size_t value(int count) noexcept { return static_cast<std::size_t>(count); }
    error failure(int error) const;
    Name to_;
    bool connected_;
};

/// Is the awaiter of `receive` and `receive_from`.
template <class Name>
class [[nodiscard("co_await it")]] basic_receive_await
    : public fallible<basic_receive_await<Name>, receive_message, datagram<Name>> {
    using base = fallible<basic_receive_await<Name>, receive_message, datagram<Name>>;

public:
    basic_receive_await(ring::descriptor& d, byte_span to, const Name& local, const Name* peer, place where) noexcept
        : base(d, to, where), name_(peer != nullptr ? *peer : local), connected_(peer != nullptr) {}

private:
    friend base;
    datagram<Name> value(int count) const;
    error failure(int error) const;
    Name name_;
    bool connected_;
};

}  // namespace coil::net

template <class Name>
struct std::tuple_size<coil::net::datagram<Name>> : std::integral_constant<std::size_t, 2> {};
template <class Name>
struct std::tuple_element<0, coil::net::datagram<Name>> {
    using type = std::size_t;
};
template <class Name>
struct std::tuple_element<1, coil::net::datagram<Name>> {
    using type = Name;
};
