// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/stream_operations.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace coil::net {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

error read_await::failure(int error) const {
    return operation_error(error, "read", to_string(peer_));
}

error receive_await::failure(int error) const {
    return operation_error(error, "receive", to_string(peer_));
}

// ---- read_exactly: MSG_WAITALL lets the kernel itself go on after a part, and answer with that part if it is cancelled

constinit const ring::operation_table read_exactly_await::table =
    operation::kind("recv", purpose::reading, trial::off_loop, &prepare, &attempt, &goes_on);

void read_exactly_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<read_exactly_await&>(o);
    ring::prepare_recv(e, self.fd(), self.to_ + self.done(), self.left(), MSG_WAITALL, false);
}

long read_exactly_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<read_exactly_await&>(o);
    return tried(o, r.now(call::recv(self.fd(), self.to_, self.size())));
}

int read_exactly_await::outcome() {
    const int r = whole_transfer::await_resume();
    return r >= 0 && left() != 0 ? -ENODATA : r;
}

error read_exactly_await::failure(int error) const {
    return transfer_failure(error, "read_exactly", to_string(peer_), done(), size());
}

// ---- write

constinit const ring::operation_table write_await::table =
    operation::kind("send", purpose::writing, trial::off_loop, &prepare, &attempt, &goes_on);

void write_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<write_await&>(o);
    ring::prepare_send(e, self.fd(), self.from_ + self.done(), self.left(), MSG_WAITALL);
}

long write_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<write_await&>(o);
    return tried(o, r.now(call::send(self.fd(), self.from_, self.size())));
}

error write_await::failure(int error) const {
    return transfer_failure(error, "write", to_string(peer_), done(), size());
}

// ---- shutdown_write

constinit const ring::operation_table shutdown_await::table =
    operation::kind("shutdown", purpose::other, trial::always, nullptr, &attempt);

long shutdown_await::attempt(operation& o, ring::ring& r) noexcept {
    return r.now(call::shutdown(static_cast<shutdown_await&>(o).fd(), SHUT_WR));
}

error shutdown_await::failure(int error) const {
    return operation_error(error, "shutdown_write", to_string(peer_));
}

error close_await::failure(int error) const {
    return operation_error(error, "close", to_string(name_));
}

}  // namespace coil::net
