// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/ring/operation.hpp>

namespace coil::ring {

/// Goes to the ring and back: 0.
class nop_operation : public operation {
public:
    explicit nop_operation(place where = place::current()) noexcept : operation(table, -1, where) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
};

/// Has the ring itself watch a duration: -ETIME once it has passed. For tests and for what must not depend on the loop's
/// timers; sleeping tasks are cheaper there.
class timeout_operation : public operation {
public:
    explicit timeout_operation(nanoseconds after, place where = place::current()) noexcept;

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    // As the kernel's timespec, which is read when the entry is submitted.
    long long seconds_and_nanoseconds_[2];
};

/// POLLIN and POLLOUT, for layers that do not know the kernel's header.
inline constexpr unsigned poll_in = 1;
inline constexpr unsigned poll_out = 4;

/// Waits until a descriptor is ready: the POLLIN, POLLOUT, POLLHUP, POLLERR that hold. It consumes nothing.
class poll_operation : public operation {
public:
    poll_operation(int fd, unsigned events, place where = place::current()) noexcept
        : operation(table, fd, where), events_(events) {}
    poll_operation(descriptor& d, unsigned events, place where = place::current()) noexcept
        : operation(table, d, where), events_(events) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    unsigned events_;
};

}  // namespace coil::ring
