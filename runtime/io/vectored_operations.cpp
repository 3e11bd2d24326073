// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/vectored_operations.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>

namespace coil::net {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

static_assert(sizeof(byte_view) == sizeof(iovec) && sizeof(byte_span) == sizeof(iovec));
static_assert(offsetof(iovec, iov_base) == 0 && offsetof(iovec, iov_len) == sizeof(void*));
constexpr std::size_t most_at_once = IOV_MAX;

iovec part(const std::byte* parts, std::size_t i) noexcept {
    iovec v;
    std::memcpy(&v, parts + i * sizeof v, sizeof v);
    return v;
}

}  // namespace

parts_window::parts_window(const void* parts, std::size_t count) noexcept
    : parts_(static_cast<const std::byte*>(parts)), count_(count) {
    for (std::size_t i = 0; i != count; ++i)
        size_ += part(parts_, i).iov_len;
}

void parts_window::advance(std::size_t bytes) noexcept {
    skip_ += bytes;
    while (count_ != 0) {
        const std::size_t first = part(parts_, 0).iov_len;
        if (first > skip_) return;
        skip_ -= first;
        parts_ += sizeof(iovec);
        --count_;
    }
}

msghdr& parts_window::message() noexcept {
    static_assert(sizeof(msghdr) == sizeof header_ && sizeof cut_ == most_cut * sizeof(iovec));
    auto* const m = new (header_.data()) msghdr{};
    m->msg_iov = reinterpret_cast<iovec*>(const_cast<std::byte*>(parts_));
    m->msg_iovlen = std::min(count_, most_at_once);
    if (skip_ == 0) return *m;
    m->msg_iovlen = std::min(count_, most_cut);
    m->msg_iov = reinterpret_cast<iovec*>(cut_.data());
    std::memcpy(cut_.data(), parts_, m->msg_iovlen * sizeof(iovec));
    m->msg_iov->iov_base = static_cast<std::byte*>(m->msg_iov->iov_base) + skip_;
    m->msg_iov->iov_len -= skip_;
    return *m;
}

// ---- some of it

constinit const ring::operation_table receive_parts::table =
    operation::kind("recvmsg", purpose::reading, trial::off_loop, &prepare, &attempt);

void receive_parts::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<receive_parts&>(o);
    ring::prepare_recvmsg(e, self.fd(), self.parts_.message(), 0, false);
}

long receive_parts::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<receive_parts&>(o);
    return r.now(call::recvmsg(self.fd(), &self.parts_.message()));
}

// ---- all of it

constinit const ring::operation_table send_parts::table =
    operation::kind("sendmsg", purpose::writing, trial::off_loop, &prepare, &attempt, &counts);

void send_parts::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<send_parts&>(o);
    ring::prepare_sendmsg(e, self.fd(), self.parts_.message(), MSG_WAITALL);
}

long send_parts::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<send_parts&>(o);
    const long n = r.now(call::sendmsg(self.fd(), &self.parts_.message()));
    if (n > 0) self.parts_.advance(static_cast<std::size_t>(n));
    return tried(o, n);
}

bool send_parts::counts(operation& o, int result) noexcept {
    auto& self = static_cast<send_parts&>(o);
    if (result > 0) self.parts_.advance(static_cast<std::size_t>(result));
    return goes_on(o, result);
}

// ---- what went wrong, and with whom

template <class Name>
error basic_read_vectored_await<Name>::failure(int error) const {
    return operation_error(error, "read_vectored", to_string(Name::from_kept(this->name_of_descriptor())));
}

template <class Name>
error basic_write_vectored_await<Name>::failure(int error) const {
    return transfer_failure(error, "write_vectored", to_string(Name::from_kept(this->name_of_descriptor())),
                            this->done(), this->size());
}

template class basic_read_vectored_await<endpoint>;
template class basic_read_vectored_await<unix_endpoint>;
template class basic_write_vectored_await<endpoint>;
template class basic_write_vectored_await<unix_endpoint>;

}  // namespace coil::net
