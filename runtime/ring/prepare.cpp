// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/prepare.hpp>

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

void prepare_poll_readable(io_uring_sqe& e, int fd) noexcept {
    prepare_poll(e, fd, POLLIN);
}

void prepare_accept(io_uring_sqe& e, int fd, sockaddr* address, unsigned* size) noexcept {
    io_uring_prep_accept(&e, fd, address, size, SOCK_CLOEXEC);
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

void prepare_fsync(io_uring_sqe& e, int fd, bool data_only) noexcept {
    io_uring_prep_fsync(&e, fd, data_only ? IORING_FSYNC_DATASYNC : 0);
}

void prepare_statx(io_uring_sqe& e, int directory, const char* path, int flags, unsigned mask,
                   struct ::statx* to) noexcept {
    io_uring_prep_statx(&e, directory, path, flags, mask, to);
}

}  // namespace coil::ring
