// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_attempt.hpp>

#include <coil/runtime/ring/fallback_entry.hpp>
#include <coil/runtime/ring/fallback_signal.hpp>
#include <coil/runtime/ring/fallback_splice.hpp>
#include <coil/runtime/ring/newer.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace coil::ring {

namespace {

using outcome = fallback_outcome;

constexpr std::uint32_t readable = EPOLLIN | EPOLLRDHUP | EPOLLPRI;
constexpr std::uint32_t writable = EPOLLOUT;

bool is_stream(int fd) noexcept {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

// ---- read and write

// One call, in the file's turn where it has no positions.
long move_bytes(const io_uring_sqe& e, fallback_progress& p, int flags) noexcept {
    const transfer_parts parts(e, p.done);
    for (;;) {
        const std::int64_t offset = offset_of(e, p);
        const long n = reads(e.opcode) ? preadv2(e.fd, parts.begin(), parts.count(), offset, flags)
                                       : pwritev2(e.fd, parts.begin(), parts.count(), offset, flags);
        if (n >= 0) return n;
        if (errno == ESPIPE && offset != -1) p.no_offset = true;
        else if (errno != EINTR) return -errno;
    }
}

// A file that cannot be asked not to wait. With O_NONBLOCK it does not; otherwise it is waited for, and a thread reads:
// another process may have taken what was there.
outcome move_unasked(const io_uring_sqe& e, fallback_progress& p) noexcept {
    const bool reading = reads(e.opcode);
    const int flags = fcntl(e.fd, F_GETFL);
    if (flags < 0) return outcome::done(-errno);
    if ((flags & O_NONBLOCK) != 0) {
        const pipe_signal_withheld quiet;
        const long n = move_bytes(e, p, static_cast<int>(e.rw_flags) & ~newer::write_no_signal);
        if (n != -EAGAIN) return outcome::done(n);
        return outcome::wait(e.fd, reading ? readable : writable);
    }
    pollfd state{e.fd, static_cast<short>(reading ? POLLIN : POLLOUT), 0};
    if (poll(&state, 1, 0) == 0) return outcome::wait(e.fd, reading ? readable : writable);
    p.one_page = !reading;
    return outcome::block();
}

bool has_position(const io_uring_sqe& e, fallback_progress& p) noexcept {
    if (offset_of(e, p) == -1) return false;
    if (lseek(e.fd, 0, SEEK_CUR) < 0 && errno == ESPIPE) p.no_offset = true;
    return !p.no_offset;
}

// What a file has in memory; the rest comes by a thread. A short answer may be its end, which the next call tells.
outcome move_at_offset(const io_uring_sqe& e, fallback_progress& p, long n) noexcept {
    const std::size_t size = size_of_transfer(e);
    for (;; n = move_bytes(e, p, static_cast<int>(e.rw_flags) | RWF_NOWAIT)) {
        if (n == -EAGAIN || n == -EOPNOTSUPP) return outcome::block();
        if (n < 0 && p.done == 0) return outcome::done(n);
        if (n > 0) p.done += static_cast<std::size_t>(n);
        if (n <= 0 || p.done >= size) return outcome::done(static_cast<long>(p.done));
    }
}

outcome move(const io_uring_sqe& e, fallback_progress& p, const fallback_abilities& can) noexcept {
    if (!can.try_files) return has_position(e, p) ? outcome::block() : move_unasked(e, p);
    const long n = move_bytes(e, p, static_cast<int>(e.rw_flags) | RWF_NOWAIT);
    const bool at_offset = offset_of(e, p) != -1;
    if (n == -EOPNOTSUPP || n == -ENOSYS) return at_offset ? outcome::block() : move_unasked(e, p);
    if (at_offset) return move_at_offset(e, p, n);
    return n == -EAGAIN ? outcome::wait(e.fd, reads(e.opcode) ? readable : writable) : outcome::done(n);
}

outcome move_quietly(const io_uring_sqe& e, fallback_progress& p, const fallback_abilities& can) noexcept {
    const bool quiet_already = can.signal_free_writes && (static_cast<int>(e.rw_flags) & newer::write_no_signal) != 0;
    if (reads(e.opcode) || quiet_already) return move(e, p, can);
    const pipe_signal_withheld quiet;
    return move(e, p, can);
}

// ---- send and receive

long send_or_receive(const io_uring_sqe& e, std::size_t done) noexcept {
    const auto flags = (static_cast<int>(e.msg_flags) & ~MSG_WAITALL) | MSG_DONTWAIT;
    switch (e.opcode) {
    case IORING_OP_SEND:
        return sendto(e.fd, at_address<char>(e.addr) + done, e.len - done, flags | MSG_NOSIGNAL,
                      at_address<const sockaddr>(e.addr2), e.addr2 != 0 ? e.addr_len : 0);
    case IORING_OP_RECV:
        return recv(e.fd, at_address<char>(e.addr) + done, e.len - done, flags);
    default:
        break;
    }
    auto& whole = *at_address<msghdr>(e.addr);
    const bool sends = e.opcode == IORING_OP_SENDMSG;
    if (done == 0) return sends ? sendmsg(e.fd, &whole, flags | MSG_NOSIGNAL) : recvmsg(e.fd, &whole, flags);
    const transfer_parts parts(whole, done);
    msghdr rest{};
    rest.msg_iov = const_cast<iovec*>(parts.begin());
    rest.msg_iovlen = static_cast<std::size_t>(parts.count());
    return sends ? sendmsg(e.fd, &rest, flags | MSG_NOSIGNAL) : recvmsg(e.fd, &rest, flags);
}

bool has_name(const io_uring_sqe& e) noexcept {
    return e.opcode == IORING_OP_SEND ? e.addr2 != 0 : at_address<const msghdr>(e.addr)->msg_name != nullptr;
}

outcome exchange(const io_uring_sqe& e, fallback_progress& p) noexcept {
    const bool sends = e.opcode == IORING_OP_SEND || e.opcode == IORING_OP_SENDMSG;
    const bool all = (e.msg_flags & MSG_WAITALL) != 0;
    for (;;) {
        const long n = send_or_receive(e, p.done);
        if (n > 0 && all) {
            // several pieces make one result, where pieces have no borders
            p.done += static_cast<std::size_t>(n);
            if (p.done >= size_of_transfer(e) || !is_stream(e.fd)) return outcome::done(static_cast<long>(p.done));
            continue;
        }
        if (n >= 0) return outcome::done(n + static_cast<long>(p.done));
        if (errno == EINTR) continue;
        const int error = errno;
        if (error != EAGAIN) return outcome::done(p.done != 0 ? static_cast<long>(p.done) : -error);
        if ((e.msg_flags & MSG_DONTWAIT) != 0) return outcome::done(p.done != 0 ? static_cast<long>(p.done) : -error);
        // A datagram socket of the local kind without a fixed peer says that it is ready while that peer is not.
        if (sends && has_name(e)) {
            pollfd state{e.fd, POLLOUT, 0};
            if (poll(&state, 1, 0) > 0) return outcome::later();
        }
        return outcome::wait(e.fd, sends ? writable : readable);
    }
}

// ---- accept and connect

outcome accept_one(const io_uring_sqe& e) noexcept {
    const int flags = fcntl(e.fd, F_GETFL);
    if (flags < 0) return outcome::done(-errno);
    const bool many = (e.ioprio & IORING_ACCEPT_MULTISHOT) != 0;
    if ((flags & O_NONBLOCK) == 0) {
        // another process may take the connection that was seen: a thread waits then
        pollfd state{e.fd, POLLIN, 0};
        if (poll(&state, 1, 0) == 0) return outcome::wait(e.fd, readable);
        if (!many) return outcome::block();
    }
    for (;;) {
        const int fd = accept4(e.fd, at_address<sockaddr>(e.addr), at_address<socklen_t>(e.addr2),
                               static_cast<int>(e.accept_flags));
        if (fd >= 0) return many ? outcome::more(fd) : outcome::done(fd);
        if (errno == EAGAIN) return outcome::wait(e.fd, readable);
        if (errno != EINTR) return outcome::done(-errno);
    }
}

outcome connect_end(const io_uring_sqe& e, fallback_progress& p, long result) noexcept {
    give_up(e, p);
    return outcome::done(result);
}

outcome connect_goes_on(const io_uring_sqe& e, fallback_progress& p) noexcept {
    pollfd state{e.fd, POLLOUT, 0};
    if (poll(&state, 1, 0) == 0) return outcome::wait(e.fd, writable);
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(e.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    return connect_end(e, p, -error);
}

outcome connect_socket(const io_uring_sqe& e, fallback_progress& p) noexcept {
    if (p.begun) return connect_goes_on(e, p);
    const int flags = fcntl(e.fd, F_GETFL);
    if (flags < 0) return outcome::done(-errno);
    if ((flags & O_NONBLOCK) == 0 && !p.make_blocking) {
        if (fcntl(e.fd, F_SETFL, flags | O_NONBLOCK) != 0) return outcome::done(-errno);
        p.make_blocking = true;
    }
    int r = 0;
    do {
        r = connect(e.fd, at_address<const sockaddr>(e.addr), static_cast<socklen_t>(e.addr2));
    } while (r != 0 && errno == EINTR);
    if (r == 0) return connect_end(e, p, 0);
    if (errno == EAGAIN) return outcome::later();  // a local listener whose line is full
    if (errno != EINPROGRESS) return connect_end(e, p, -errno);
    p.begun = true;
    return connect_goes_on(e, p);  // within one machine it is made by now
}

outcome look_at(const io_uring_sqe& e) noexcept {
    if (e.len != 0) return outcome::done(-EINVAL);  // several answers to one poll
    pollfd state{e.fd, static_cast<short>(e.poll32_events), 0};
    const int n = poll(&state, 1, 0);
    if (n > 0)
        return outcome::done((state.revents & POLLNVAL) != 0 ? -EBADF : static_cast<unsigned short>(state.revents));
    outcome o = outcome::wait(e.fd, e.poll32_events & ~unsigned{POLLNVAL} & 0x3fff);
    o.anew = n < 0;  // a process that may have no descriptor at all may not poll
    return o;
}

}  // namespace

outcome attempt(const io_uring_sqe& e, fallback_progress& p, const fallback_abilities& can) noexcept {
    switch (e.opcode) {
    case IORING_OP_READ:
    case IORING_OP_READV:
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
        return move_quietly(e, p, can);
    case IORING_OP_SEND:
    case IORING_OP_RECV:
    case IORING_OP_SENDMSG:
    case IORING_OP_RECVMSG:
        return exchange(e, p);
    case IORING_OP_ACCEPT:
        return accept_one(e);
    case IORING_OP_CONNECT:
        return connect_socket(e, p);
    case IORING_OP_POLL_ADD:
        return look_at(e);
    case IORING_OP_SPLICE:
        return splice_without_waiting(e);
    case IORING_OP_SHUTDOWN:
        return outcome::done(shutdown(e.fd, static_cast<int>(e.len)) == 0 ? 0 : -errno);
    default:
        return outcome::done(-EINVAL);
    }
}

bool can_attempt(std::uint8_t opcode) noexcept {
    switch (opcode) {
    case IORING_OP_READ:
    case IORING_OP_READV:
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
    case IORING_OP_SEND:
    case IORING_OP_RECV:
    case IORING_OP_SENDMSG:
    case IORING_OP_RECVMSG:
    case IORING_OP_ACCEPT:
    case IORING_OP_CONNECT:
    case IORING_OP_POLL_ADD:
    case IORING_OP_SPLICE:
    case IORING_OP_SHUTDOWN:
        return true;
    default:
        return false;
    }
}

void give_up(const io_uring_sqe& e, fallback_progress& p) noexcept {
    if (!std::exchange(p.make_blocking, false)) return;
    const int flags = fcntl(e.fd, F_GETFL);
    if (flags >= 0) fcntl(e.fd, F_SETFL, flags & ~O_NONBLOCK);
}

}  // namespace coil::ring
