// SPDX-License-Identifier: BSL-1.0
// How the simulated kernel moves bytes. Each answers -EAGAIN where it would wait.
#include <coil/runtime/ring/simulated_kernel.hpp>
#include <coil/runtime/ring/simulated_pipe.hpp>
#include <coil/runtime/ring/simulated_socket.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace coil::ring {

namespace {

simulated_socket* socket_of(simulated_file& f) {
    return dynamic_cast<simulated_socket*>(&f);
}

// A short read of a datagram would lose its end, and none of these has a middle to stop in.
bool is_stream(const simulated_file& f) {
    const auto* const s = dynamic_cast<const simulated_socket*>(&f);
    return s == nullptr || s->type() == SOCK_STREAM;
}

}  // namespace

long simulated_kernel::receive(simulated_file& from, simulated_parts to, int flags, std::size_t most) {
    auto* const s = socket_of(from);
    if (s == nullptr) return -ENOTSOCK;
    if (is_stream(from)) most = luck_.most_to_read(std::min(most, size_of(to)));
    simulated_envelope nobody_looks;
    return s->receive(to, most, flags, nobody_looks);
}

long simulated_kernel::send(simulated_file& to, simulated_parts from, int flags, std::size_t most) {
    auto* const s = socket_of(to);
    if (s == nullptr) return -ENOTSOCK;
    if (is_stream(to)) most = luck_.most_to_write(std::min(most, size_of(from)));
    return s->send(from, most, flags, nullptr, {});
}

long simulated_kernel::read(simulated_file& from, simulated_parts to, std::int64_t offset) {
    const std::size_t size = size_of(to);
    return from.read(to, offset, is_stream(from) ? luck_.most_to_read(size) : size);
}

long simulated_kernel::write(simulated_file& to, simulated_parts from, std::int64_t offset) {
    const std::size_t size = size_of(from);
    return to.write(from, offset, is_stream(to) ? luck_.most_to_write(size) : size);
}

// ---- messages

long simulated_kernel::send_message(simulated_file& to, const msghdr& message, int flags) {
    auto* const s = socket_of(to);
    if (s == nullptr) return -ENOTSOCK;
    simulated_place place;
    const bool named = message.msg_name != nullptr && message.msg_namelen != 0;
    if (named)
        if (const long r = place_for(*s, static_cast<const sockaddr*>(message.msg_name), message.msg_namelen, place);
            r != 0)
            return r;
    simulated_descriptors files;
    auto& header = const_cast<msghdr&>(message);  // the macros want it so; nothing is written
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        if (s->domain() != AF_UNIX) return -EINVAL;
        for (std::size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
            auto file = files_.find(fd);
            if (file == nullptr) return -EBADF;
            files.push_back(std::move(file));
        }
    }
    const simulated_parts from(message.msg_iov, message.msg_iovlen);
    std::size_t most = size_of(from);
    if (is_stream(to)) most = luck_.most_to_write(most);
    return s->send(from, most, flags, named ? &place : nullptr, files);
}

long simulated_kernel::receive_message(simulated_file& from, msghdr& message, int flags) {
    auto* const s = socket_of(from);
    if (s == nullptr) return -ENOTSOCK;
    const simulated_parts to(message.msg_iov, message.msg_iovlen);
    std::size_t most = size_of(to);
    if (is_stream(from)) most = luck_.most_to_read(most);
    simulated_envelope with;
    const long r = s->receive(to, most, flags, with);
    if (r < 0) return r;
    const bool unnamed = s->type() == SOCK_STREAM || with.from.size() <= sizeof(sa_family_t);
    if (message.msg_name != nullptr) {
        if (unnamed) message.msg_namelen = 0;
        else tell(with.from, static_cast<sockaddr*>(message.msg_name), &message.msg_namelen);
    }
    message.msg_flags = with.flags | (flags & MSG_CMSG_CLOEXEC);
    hand_over(with.files, message, flags);
    return r;
}

// Gives descriptors that came with a message their numbers here.
void simulated_kernel::hand_over(simulated_descriptors& files, msghdr& message, int) {
    const std::size_t room = message.msg_controllen;
    message.msg_controllen = 0;
    if (files.empty()) return;
    const std::size_t fit = room < CMSG_LEN(0) ? 0 : (room - CMSG_LEN(0)) / sizeof(int);
    std::vector<int> numbers;
    for (auto& file : files) {
        if (numbers.size() == fit || files_.is_full()) {
            message.msg_flags |= MSG_CTRUNC;
            break;
        }
        numbers.push_back(files_.add(std::move(file)));
    }
    if (numbers.empty()) return;
    const std::size_t bytes = numbers.size() * sizeof(int);
    auto* const c = static_cast<cmsghdr*>(message.msg_control);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(c), numbers.data(), bytes);
    message.msg_controllen = std::min(room, CMSG_SPACE(bytes));
}

// ---- from one descriptor to another

long simulated_kernel::move(simulated_file& from, std::int64_t from_offset, simulated_file& to, std::int64_t to_offset,
                            std::size_t most) {
    constexpr std::size_t at_once = 65536;
    if (!from.reads() || !to.writes()) return -EBADF;
    if (most == 0) return 0;
    const std::size_t size = std::min({most, to.room(), at_once});
    if (size == 0) {
        // whoever writes may hear that nobody reads
        char byte = 0;
        const iovec probe{&byte, 1};
        const long r = to.write({&probe, 1}, to_offset, 1);
        return r < 0 ? r : -EAGAIN;
    }
    std::string bytes(to.is_pipe() ? std::min(size, simulated_pipe::capacity) : size, '\0');
    const iovec in{bytes.data(), bytes.size()};
    const long got = from.read({&in, 1}, from_offset, luck_.most_to_read(bytes.size()));
    if (got <= 0) return got;
    const iovec out{bytes.data(), static_cast<std::size_t>(got)};
    return to.write({&out, 1}, to_offset, no_limit);
}

}  // namespace coil::ring
