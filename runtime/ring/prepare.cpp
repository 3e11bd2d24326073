// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/prepare.hpp>

#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

namespace coil::ring {

namespace {
unsigned clamp_size(std::size_t size) noexcept {
    return static_cast<unsigned>(std::min<std::size_t>(size, std::size_t{1} << 30));
}
}  // namespace

void prepare_nop(io_uring_sqe& e) noexcept {
    io_uring_prep_nop(&e);
}

void prepare_timeout(io_uring_sqe& e, const __kernel_timespec& after) noexcept {
    io_uring_prep_timeout(&e, const_cast<__kernel_timespec*>(&after), 0, 0);
}

void prepare_timeout(io_uring_sqe& e, const long long (&seconds_and_nanoseconds)[2]) noexcept {
    static_assert(sizeof(__kernel_timespec) == sizeof(seconds_and_nanoseconds));
    prepare_timeout(e, reinterpret_cast<const __kernel_timespec&>(seconds_and_nanoseconds));
}

void prepare_cancel(io_uring_sqe& e, std::uint64_t user_data) noexcept {
    io_uring_prep_cancel64(&e, user_data, 0);
    e.flags = IOSQE_CQE_SKIP_SUCCESS;
    e.user_data = ignored;
}

void prepare_poll(io_uring_sqe& e, int fd, unsigned events) noexcept {
    io_uring_prep_poll_add(&e, fd, events);
}

void prepare_futex_wait(io_uring_sqe& e, const std::uint32_t* word, std::uint32_t value) noexcept {
    constexpr std::uint64_t whoever_wakes = 0xffffffff;  // FUTEX_BITSET_MATCH_ANY
    io_uring_prep_rw(newer::opcode_futex_wait, &e, newer::futex_of_32_bits, word, 0, value);
    e.addr3 = whoever_wakes;
}

void prepare_poll_readable(io_uring_sqe& e, int fd) noexcept {
    prepare_poll(e, fd, POLLIN);
}

void prepare_poll_writable(io_uring_sqe& e, int fd) noexcept {
    prepare_poll(e, fd, POLLOUT);
}

void prepare_on_thread(io_uring_sqe& e) noexcept {
    e.flags |= IOSQE_ASYNC;
}

void prepare_accept(io_uring_sqe& e, int fd, sockaddr* address, unsigned* size) noexcept {
    io_uring_prep_accept(&e, fd, address, size, SOCK_CLOEXEC);
}

void prepare_accept_many(io_uring_sqe& e, int fd) noexcept {
    io_uring_prep_multishot_accept(&e, fd, nullptr, nullptr, SOCK_CLOEXEC);
}

void prepare_connect(io_uring_sqe& e, int fd, const sockaddr* address, unsigned size) noexcept {
    io_uring_prep_connect(&e, fd, address, size);
}

void prepare_send(io_uring_sqe& e, int fd, const void* from, std::size_t size, int flags) noexcept {
    io_uring_prep_send(&e, fd, from, clamp_size(size), flags | MSG_NOSIGNAL);
}

void prepare_recv(io_uring_sqe& e, int fd, void* to, std::size_t size, int flags, bool poll_first) noexcept {
    io_uring_prep_recv(&e, fd, to, clamp_size(size), flags);
    if (poll_first) e.ioprio = IORING_RECVSEND_POLL_FIRST;
}

void prepare_recv_selected(io_uring_sqe& e, int fd, std::size_t size, std::uint16_t group, int flags) noexcept {
    io_uring_prep_recv(&e, fd, nullptr, clamp_size(size), flags);
    e.flags = IOSQE_BUFFER_SELECT;
    e.buf_group = group;
}

void prepare_send_zero_copy(io_uring_sqe& e, int fd, const void* from, std::size_t size, int flags) noexcept {
    io_uring_prep_send_zc(&e, fd, from, clamp_size(size), flags | MSG_NOSIGNAL, 0);
}

void prepare_sendmsg(io_uring_sqe& e, int fd, const msghdr& message, int flags) noexcept {
    io_uring_prep_sendmsg(&e, fd, &message, static_cast<unsigned>(flags | MSG_NOSIGNAL));
}

void prepare_recvmsg(io_uring_sqe& e, int fd, msghdr& message, int flags, bool poll_first) noexcept {
    io_uring_prep_recvmsg(&e, fd, &message, static_cast<unsigned>(flags | MSG_CMSG_CLOEXEC));
    if (poll_first) e.ioprio = IORING_RECVSEND_POLL_FIRST;
}

void prepare_splice(io_uring_sqe& e, int from, std::int64_t from_offset, int to, std::int64_t to_offset,
                    std::size_t size, unsigned flags) noexcept {
    io_uring_prep_splice(&e, from, from_offset, to, to_offset, clamp_size(size), flags);
}

void prepare_openat(io_uring_sqe& e, int directory, const char* path, int flags, unsigned mode) noexcept {
    io_uring_prep_openat(&e, directory, path, flags | O_CLOEXEC, mode);
}

void prepare_close(io_uring_sqe& e, int fd) noexcept {
    io_uring_prep_close(&e, fd);
}

void prepare_read(io_uring_sqe& e, int fd, void* to, std::size_t size, std::int64_t offset) noexcept {
    io_uring_prep_read(&e, fd, to, clamp_size(size), static_cast<std::uint64_t>(offset));
}

void prepare_write(io_uring_sqe& e, int fd, const void* from, std::size_t size, std::int64_t offset,
                   int flags) noexcept {
    io_uring_prep_write(&e, fd, from, clamp_size(size), static_cast<std::uint64_t>(offset));
    e.rw_flags = static_cast<decltype(e.rw_flags)>(flags);
}

void prepare_readv(io_uring_sqe& e, int fd, const iovec* parts, unsigned count, std::int64_t offset) noexcept {
    io_uring_prep_readv(&e, fd, parts, count, static_cast<std::uint64_t>(offset));
}

void prepare_writev(io_uring_sqe& e, int fd, const iovec* parts, unsigned count, std::int64_t offset,
                    int flags) noexcept {
    io_uring_prep_writev(&e, fd, parts, count, static_cast<std::uint64_t>(offset));
    e.rw_flags = static_cast<decltype(e.rw_flags)>(flags);
}

void prepare_fsync(io_uring_sqe& e, int fd, bool data_only) noexcept {
    io_uring_prep_fsync(&e, fd, data_only ? IORING_FSYNC_DATASYNC : 0);
}

void prepare_statx(io_uring_sqe& e, int directory, const char* path, int flags, unsigned mask,
                   struct ::statx* to) noexcept {
    io_uring_prep_statx(&e, directory, path, flags, mask, to);
}

void prepare_ftruncate(io_uring_sqe& e, int fd, std::int64_t size) noexcept {
    io_uring_prep_rw(newer::opcode_ftruncate, &e, fd, nullptr, 0, static_cast<std::uint64_t>(size));
}

void prepare_fallocate(io_uring_sqe& e, int fd, int mode, std::int64_t offset, std::int64_t size) noexcept {
    io_uring_prep_fallocate(&e, fd, mode, offset, size);
}

void prepare_renameat(io_uring_sqe& e, int from_directory, const char* from, int to_directory, const char* to,
                      unsigned flags) noexcept {
    io_uring_prep_renameat(&e, from_directory, from, to_directory, to, flags);
}

void prepare_unlinkat(io_uring_sqe& e, int directory, const char* path, int flags) noexcept {
    io_uring_prep_unlinkat(&e, directory, path, flags);
}

void prepare_mkdirat(io_uring_sqe& e, int directory, const char* path, unsigned mode) noexcept {
    io_uring_prep_mkdirat(&e, directory, path, mode);
}

void prepare_symlinkat(io_uring_sqe& e, const char* target, int directory, const char* path) noexcept {
    io_uring_prep_symlinkat(&e, target, directory, path);
}

void prepare_linkat(io_uring_sqe& e, int from_directory, const char* from, int to_directory, const char* to,
                    int flags) noexcept {
    io_uring_prep_linkat(&e, from_directory, from, to_directory, to, flags);
}

}  // namespace coil::ring
