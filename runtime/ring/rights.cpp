// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/rights.hpp>

#include <coil/runtime/base/errors.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace coil::ring::rights {

namespace {
using room = std::array<std::byte, CMSG_SPACE(most_at_once * sizeof(int))>;
}  // namespace

void make_pair(descriptor& sends, descriptor& receives) {
    std::array<int, 2> two{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, two.data()) != 0)
        throw_errno(errno, "socketpair");
    sends = descriptor(two[0]);
    receives = descriptor(two[1]);
}

long send(int socket, std::uint64_t number, std::span<const int> descriptors) noexcept {
    if (descriptors.size() > most_at_once) return -EINVAL;
    alignas(cmsghdr) room control{};
    iovec part{&number, sizeof number};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::copy(descriptors.begin(), descriptors.end(), reinterpret_cast<int*>(CMSG_DATA(c)));
    return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

std::uint64_t receive(int socket, std::vector<descriptor>& to) {
    std::vector<descriptor> got;
    got.reserve(most_at_once);
    std::uint64_t number = 0;
    alignas(cmsghdr) room control{};
    iovec part{&number, sizeof number};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != static_cast<ssize_t>(sizeof number)) return 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
            got.emplace_back(fd);
        }
    }
    for (descriptor& d : got)
        to.push_back(std::move(d));
    return number;
}

}  // namespace coil::ring::rights
