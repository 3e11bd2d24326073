// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/plain_operations.hpp>

#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <poll.h>

#include <algorithm>

namespace coil::ring {

constinit const operation_table nop_operation::table = operation::kind("nop", purpose::other, trial::never, &prepare);
constinit const operation_table timeout_operation::table =
    operation::kind("timeout", purpose::other, trial::never, &prepare);
constinit const operation_table poll_operation::table = operation::kind("poll", purpose::other, trial::never, &prepare);

void nop_operation::prepare(operation&, const ring&, io_uring_sqe& e) noexcept {
    prepare_nop(e);
}

timeout_operation::timeout_operation(nanoseconds after, place where) noexcept : operation(table, -1, where) {
    const long long count = std::max<long long>(after.count(), 0);
    seconds_and_nanoseconds_[0] = count / 1'000'000'000;
    seconds_and_nanoseconds_[1] = count % 1'000'000'000;
}

void timeout_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    prepare_timeout(e, static_cast<timeout_operation&>(o).seconds_and_nanoseconds_);
}

static_assert(poll_in == POLLIN && poll_out == POLLOUT);

void poll_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<poll_operation&>(o);
    prepare_poll(e, self.fd(), self.events_);
}

}  // namespace coil::ring
