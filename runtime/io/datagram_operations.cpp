// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/datagram_operations.hpp>

#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace coil::net {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

msghdr& message_operation::lay_out(const sockaddr* peer, unsigned peer_size) noexcept {
    static_assert(sizeof(msghdr) == sizeof header_ && sizeof(iovec) == sizeof part_);
    auto* const m = new (header_.data()) msghdr{};
    m->msg_iov = new (part_.data()) iovec{data_, size_};
    m->msg_iovlen = 1;
    m->msg_name = const_cast<sockaddr*>(peer);
    m->msg_namelen = peer_size;
    return *m;
}

// ---- send: a datagram goes as a whole, or not at all

constinit const ring::operation_table send_message::table =
    operation::kind("sendmsg", purpose::writing, trial::off_loop, &prepare, &attempt, &goes_on);

void send_message::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<send_message&>(o);
    if (self.pauses_) {
        self.pause_[1] = std::clamp(2 * self.pause_[1], 1'000'000LL, 50'000'000LL);
        return ring::prepare_timeout(e, self.pause_);
    }
    ring::prepare_sendmsg(e, self.fd(), self.lay_out(self.to_ ? self.to_(self) : nullptr, self.to_size_),
                          self.retries_ ? MSG_DONTWAIT : 0);
}

bool send_message::goes_on(operation& o, int result) noexcept {
    auto& self = static_cast<send_message&>(o);
    const bool was_pause = std::exchange(self.pauses_, false);
    if (was_pause) return result == -ETIME;
    self.pauses_ = self.retries_ && result == -EAGAIN;
    return self.pauses_;
}

long send_message::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<send_message&>(o);
    return r.now(call::sendmsg(self.fd(), &self.lay_out(self.to_ ? self.to_(self) : nullptr, self.to_size_)));
}

// ---- receive

constinit const ring::operation_table receive_message::table =
    operation::kind("recvmsg", purpose::reading, trial::off_loop, &prepare, &attempt);

void receive_message::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<receive_message&>(o);
    static_assert(sizeof(sockaddr_un) <= sizeof self.sender_);
    ring::prepare_recvmsg(e, self.fd(), self.lay_out(self.sender(), sizeof self.sender_), 0, false);
}

long receive_message::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<receive_message&>(o);
    return r.now(call::recvmsg(self.fd(), &self.lay_out(self.sender(), sizeof self.sender_)));
}

unsigned receive_message::sender_size() const noexcept {
    return header().msg_namelen;
}

bool receive_message::was_cut() const noexcept {
    return (header().msg_flags & MSG_TRUNC) != 0;
}

// ---- what came, and what went wrong with whom

template <class Name>
error basic_send_await<Name>::failure(int error) const {
    return operation_error(error, connected_ ? "send" : "send_to", to_string(to_));
}

template <class Name>
error basic_receive_await<Name>::failure(int error) const {
    return operation_error(error, connected_ ? "receive" : "receive_from", to_string(name_));
}

template <class Name>
datagram<Name> basic_receive_await<Name>::value(int count) const {
    const auto from = connected_ ? name_ : Name::from(this->sender(), this->sender_size());
    return {static_cast<std::size_t>(count), from, this->was_cut()};
}

template class basic_send_await<endpoint>;
template class basic_send_await<unix_endpoint>;
template class basic_receive_await<endpoint>;
template class basic_receive_await<unix_endpoint>;

}  // namespace coil::net
