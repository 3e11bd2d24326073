// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/operation.hpp>

#include <cstddef>

struct sockaddr;

namespace coil::ring {

/// Accepts a connection: its descriptor, close-on-exec. One that was accepted is never lost to a stop.
/// `address` and `size` (in and out) may be null. Off the loop it is tried first if the listener has O_NONBLOCK.
class accept_operation : public operation {
public:
    accept_operation(descriptor& d, sockaddr* address, unsigned* size, place where = place::current()) noexcept
        : operation(table, d, where), address_(address), size_(size) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    sockaddr* address_;
    unsigned* size_;
};

/// Connects a socket: 0. After a cancelled or failed connect the socket is of no use.
class connect_operation : public operation {
public:
    connect_operation(descriptor& d, const sockaddr* address, unsigned size, place where = place::current()) noexcept
        : operation(table, d, where), address_(address), size_(size) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    const sockaddr* address_;
    unsigned size_;
};

/// Sends some bytes: how many. Raises no SIGPIPE.
class send_operation : public operation {
public:
    send_operation(descriptor& d, const void* from, std::size_t size, int flags = 0,
                   place where = place::current()) noexcept
        : operation(table, d, where), from_(from), size_(size), flags_(flags) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring& r) noexcept;
    static const operation_table table;
    const void* from_;
    std::size_t size_;
    int flags_;
};

/// Receives some bytes: how many, 0 at the end.
class recv_operation : public operation {
public:
    recv_operation(descriptor& d, void* to, std::size_t size, int flags = 0, bool poll_first = false,
                   place where = place::current()) noexcept
        : operation(table, d, where), to_(to), size_(size), flags_(flags), poll_first_(poll_first) {}

    /// After a completion: true if the kernel saw more bytes waiting.
    bool more_waits() const noexcept;

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring& r) noexcept;
    static const operation_table table;
    void* to_;
    std::size_t size_;
    int flags_;
    bool poll_first_;
};

}  // namespace coil::ring
