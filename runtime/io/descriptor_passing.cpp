// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/descriptor_passing.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <sys/socket.h>

#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace coil::net {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

msghdr& lay_out(void* header, void* part, void* data, std::size_t size) noexcept {
    auto* const m = new (header) msghdr{};
    m->msg_iov = new (part) iovec{data, size};
    m->msg_iovlen = 1;
    return *m;
}

}  // namespace

// ---- send: they go with the first byte; what is left of the bytes follows alone

constinit const ring::operation_table send_descriptors_await::table =
    operation::kind("sendmsg", purpose::writing, trial::off_loop, &prepare, &attempt, &goes_on);

bool send_descriptors_await::await_ready() {
    if (with_.size() == 0) throw std::invalid_argument("send_descriptors: descriptors travel with at least one byte");
    if (descriptors_.size() > most)
        throw std::invalid_argument("send_descriptors: " + std::to_string(descriptors_.size()) +
                                    " descriptors; a message takes at most " + std::to_string(most));
    return whole_transfer::await_ready();
}

msghdr& send_descriptors_await::message() noexcept {
    static_assert(CMSG_SPACE(most * sizeof(int)) <= sizeof control_);
    static_assert(sizeof(msghdr) == sizeof header_ && sizeof(iovec) == sizeof part_);
    msghdr& m = lay_out(header_.data(), part_.data(), const_cast<std::byte*>(with_.data()), with_.size());
    if (descriptors_.empty()) return m;
    const std::size_t bytes = descriptors_.size_bytes();
    m.msg_control = control_.data();
    m.msg_controllen = CMSG_SPACE(bytes);
    std::memset(control_.data(), 0, m.msg_controllen);
    cmsghdr* const c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(c), descriptors_.data(), bytes);
    return m;
}

void send_descriptors_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<send_descriptors_await&>(o);
    // without MSG_WAITALL: an older kernel sends them once more when it goes on by itself
    if (self.done() == 0) ring::prepare_sendmsg(e, self.fd(), self.message(), 0);
    else ring::prepare_send(e, self.fd(), self.with_.data() + self.done(), self.left(), MSG_WAITALL);
}

long send_descriptors_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<send_descriptors_await&>(o);
    return tried(o, r.now(call::sendmsg(self.fd(), &self.message())));
}

error send_descriptors_await::failure(int error) const {
    return transfer_failure(error, "send_descriptors", to_string(unix_endpoint::from_kept(name_of_descriptor())),
                            done(), size());
}

// ---- receive

constinit const ring::operation_table receive_descriptors_await::table =
    operation::kind("recvmsg", purpose::reading, trial::off_loop, &prepare, &attempt);

msghdr& receive_descriptors_await::message() noexcept {
    msghdr& m = lay_out(header_.data(), part_.data(), to_.data(), to_.size());
    m.msg_control = control_.data();
    m.msg_controllen = sizeof control_;
    return m;
}

void receive_descriptors_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<receive_descriptors_await&>(o);
    ring::prepare_recvmsg(e, self.fd(), self.message(), 0, false);
}

long receive_descriptors_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<receive_descriptors_await&>(o);
    return r.now(call::recvmsg(self.fd(), &self.message()));
}

received_descriptors receive_descriptors_await::value(int count) {
    msghdr& m = *reinterpret_cast<msghdr*>(header_.data());
    std::vector<ring::descriptor> all;
    // Room first; where there is none, they are closed all the same.
    bool keeps = true;
    try {
        all.reserve(send_descriptors_await::most);
    } catch (const std::bad_alloc&) {
        keeps = false;
    }
    for (cmsghdr* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i != n; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            try {
                ring::descriptor owned(fd, ring::keeper_here());
                if (keeps) all.push_back(std::move(owned));
            } catch (const std::bad_alloc&) {
                keeps = false;  // it has been closed
            }
        }
    }
    if (!keeps) throw std::bad_alloc();
    return received_descriptors(static_cast<std::size_t>(count), std::move(all), (m.msg_flags & MSG_CTRUNC) != 0);
}

error receive_descriptors_await::failure(int error) const {
    return operation_error(error, "receive_descriptors", to_string(unix_endpoint::from_kept(name_of_descriptor())));
}

}  // namespace coil::net
