// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/socket_operations.hpp>

#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

namespace coil::ring {

constinit const operation_table accept_operation::table =
    operation::kind("accept", purpose::reading, trial::never, &prepare);
constinit const operation_table connect_operation::table =
    operation::kind("connect", purpose::writing, trial::never, &prepare, nullptr, nullptr, true);
constinit const operation_table send_operation::table =
    operation::kind("send", purpose::writing, trial::off_loop, &prepare, &attempt);
constinit const operation_table recv_operation::table =
    operation::kind("recv", purpose::reading, trial::off_loop, &prepare, &attempt);

void accept_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<accept_operation&>(o);
    prepare_accept(e, self.fd(), self.address_, self.size_);
}

void connect_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<connect_operation&>(o);
    prepare_connect(e, self.fd(), self.address_, self.size_);
}

void send_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<send_operation&>(o);
    prepare_send(e, self.fd(), self.from_, self.size_, self.flags_);
}

long send_operation::attempt(operation& o, ring& r) noexcept {
    auto& self = static_cast<send_operation&>(o);
    return r.now(call::send(self.fd(), self.from_, self.size_, self.flags_));
}

void recv_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<recv_operation&>(o);
    if (self.size_ == 0) return prepare_nop(e);  // the kernel would wait for a byte, and take none
    prepare_recv(e, self.fd(), self.to_, self.size_, self.flags_, self.poll_first_);
}

long recv_operation::attempt(operation& o, ring& r) noexcept {
    auto& self = static_cast<recv_operation&>(o);
    if (self.size_ == 0) return 0;
    return r.now(call::recv(self.fd(), self.to_, self.size_, self.flags_));
}

bool recv_operation::more_waits() const noexcept {
    return (flags() & IORING_CQE_F_SOCK_NONEMPTY) != 0;
}

}  // namespace coil::ring
