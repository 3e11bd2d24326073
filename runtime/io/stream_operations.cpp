// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/stream_operations.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <sys/socket.h>

#include <cerrno>

namespace coil::net {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

// ---- read_exactly: with MSG_WAITALL the kernel goes on after a part, and answers with that if it is cancelled

constinit const ring::operation_table receive_whole::table =
    operation::kind("recv", purpose::reading, trial::off_loop, &prepare, &attempt, &goes_on);

void receive_whole::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<receive_whole&>(o);
    ring::prepare_recv(e, self.fd(), self.to_ + self.done(), self.left(), MSG_WAITALL, false);
}

long receive_whole::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<receive_whole&>(o);
    return tried(o, r.now(call::recv(self.fd(), self.to_, self.size())));
}

int receive_whole::outcome() {
    const int r = whole_transfer::await_resume();
    return r >= 0 && left() != 0 ? -ENODATA : r;
}

// ---- write

constinit const ring::operation_table send_whole::table =
    operation::kind("send", purpose::writing, trial::off_loop, &prepare, &attempt, &goes_on);

void send_whole::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<send_whole&>(o);
    ring::prepare_send(e, self.fd(), self.from_ + self.done(), self.left(), MSG_WAITALL);
}

long send_whole::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<send_whole&>(o);
    return tried(o, r.now(call::send(self.fd(), self.from_, self.size())));
}

// ---- shutdown_write

constinit const ring::operation_table shutdown_of_writing::table =
    operation::kind("shutdown", purpose::other, trial::always, nullptr, &attempt);

long shutdown_of_writing::attempt(operation& o, ring::ring& r) noexcept {
    return r.now(call::shutdown(static_cast<shutdown_of_writing&>(o).fd(), SHUT_WR));
}

// ---- what went wrong, and with whom

template <class Name>
error basic_read_await<Name>::failure(int error) const {
    return operation_error(error, "read", to_string(Name::from_kept(this->name_of_descriptor())));
}

template <class Name>
error basic_receive_chunk_await<Name>::failure(int error) const {
    return operation_error(error, "receive", to_string(Name::from_kept(this->name_of_descriptor())));
}

template <class Name>
error basic_write_some_await<Name>::failure(int error) const {
    return operation_error(error, "write_some", to_string(Name::from_kept(this->name_of_descriptor())));
}

template <class Name>
error basic_read_exactly_await<Name>::failure(int error) const {
    return transfer_failure(error, "read_exactly", to_string(Name::from_kept(this->name_of_descriptor())),
                            this->done(), this->size());
}

template <class Name>
error basic_write_await<Name>::failure(int error) const {
    return transfer_failure(error, "write", to_string(Name::from_kept(this->name_of_descriptor())),
                            this->done(), this->size());
}

template <class Name>
error basic_shutdown_await<Name>::failure(int error) const {
    return operation_error(error, "shutdown_write", to_string(Name::from_kept(this->name_of_descriptor())));
}

template <class Name>
error basic_close_await<Name>::failure(int error) const {
    return operation_error(error, "close", to_string(name_));
}

template class basic_read_await<endpoint>;
template class basic_read_await<unix_endpoint>;
template class basic_receive_chunk_await<endpoint>;
template class basic_receive_chunk_await<unix_endpoint>;
template class basic_write_some_await<endpoint>;
template class basic_write_some_await<unix_endpoint>;
template class basic_read_exactly_await<endpoint>;
template class basic_read_exactly_await<unix_endpoint>;
template class basic_write_await<endpoint>;
template class basic_write_await<unix_endpoint>;
template class basic_shutdown_await<endpoint>;
template class basic_shutdown_await<unix_endpoint>;
template class basic_close_await<endpoint>;
template class basic_close_await<unix_endpoint>;

}  // namespace coil::net
