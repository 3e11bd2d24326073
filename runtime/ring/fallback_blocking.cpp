// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_blocking.hpp>

#include <coil/runtime/ring/fallback_entry.hpp>
#include <coil/runtime/ring/fallback_signal.hpp>
#include <coil/runtime/ring/newer.hpp>

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace coil::ring {

namespace {

// What one attempt has moved already, the next begins behind.
long transfer(const fallback_request& r) noexcept {
    const io_uring_sqe& e = r.entry();
    transfer_parts parts(e, r.progress.done);
    if (r.progress.one_page) parts.shorten(PIPE_BUF);
    const std::int64_t at = offset_of(e, r.progress);
    const int flags = static_cast<int>(e.rw_flags) & ~newer::write_no_signal;  // not every file knows it
    for (std::int64_t offset = at;; offset = -1) {
        const long n = reads(e.opcode) ? preadv2(e.fd, parts.begin(), parts.count(), offset, flags)
                                       : pwritev2(e.fd, parts.begin(), parts.count(), offset, flags);
        if (n >= 0 || errno != ESPIPE || offset == -1) return n;
    }
}

long splice_bytes(const io_uring_sqe& e) noexcept {
    loff_t from = static_cast<loff_t>(e.splice_off_in), to = static_cast<loff_t>(e.off);
    return splice(e.splice_fd_in, from == -1 ? nullptr : &from, e.fd, to == -1 ? nullptr : &to, e.len,
                  e.splice_flags | SPLICE_F_NONBLOCK);
}

long once(const fallback_request& r) noexcept {
    const io_uring_sqe& e = r.entry();
    const auto path = at_address<const char>(e.addr);
    const auto second_path = at_address<const char>(e.addr2);
    const int second_directory = static_cast<int>(e.len);
    switch (e.opcode) {
    case IORING_OP_READ:
    case IORING_OP_READV:
        return transfer(r);
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV: {
        const pipe_signal_withheld quiet;
        return transfer(r);
    }
    case IORING_OP_SPLICE: {
        const pipe_signal_withheld quiet;
        return splice_bytes(e);
    }
    case IORING_OP_ACCEPT:
        return accept4(e.fd, at_address<sockaddr>(e.addr), at_address<socklen_t>(e.addr2),
                       static_cast<int>(e.accept_flags));
    case IORING_OP_FSYNC:
        return (e.fsync_flags & IORING_FSYNC_DATASYNC) != 0 ? fdatasync(e.fd) : fsync(e.fd);
    case IORING_OP_FALLOCATE:
        return fallocate(e.fd, static_cast<int>(e.len), static_cast<off_t>(e.off), static_cast<off_t>(e.addr));
    case newer::opcode_ftruncate:
        return ftruncate(e.fd, static_cast<off_t>(e.off));
    case IORING_OP_OPENAT:
        return openat(e.fd, path, static_cast<int>(e.open_flags), static_cast<mode_t>(e.len));
    case IORING_OP_STATX:
        return statx(e.fd, path, static_cast<int>(e.statx_flags), e.len, at_address<struct ::statx>(e.addr2));
    case IORING_OP_RENAMEAT:
        return renameat2(e.fd, path, second_directory, second_path, e.rename_flags);
    case IORING_OP_UNLINKAT:
        return unlinkat(e.fd, path, static_cast<int>(e.unlink_flags));
    case IORING_OP_MKDIRAT:
        return mkdirat(e.fd, path, static_cast<mode_t>(e.len));
    case IORING_OP_SYMLINKAT:
        return symlinkat(path, e.fd, second_path);
    case IORING_OP_LINKAT:
        return linkat(e.fd, path, second_directory, second_path, static_cast<int>(e.hardlink_flags));
    case newer::opcode_futex_wait:
        return syscall(SYS_futex, at_address<std::uint32_t>(e.addr), FUTEX_WAIT, static_cast<std::uint32_t>(e.off), nullptr);
    default:
        errno = EINVAL;
        return -1;
    }
}

}  // namespace

long carry_out(fallback_request& r) noexcept {
    for (;;) {
        const long n = once(r);
        if (n >= 0) return n;
        if (errno != EINTR) return -errno;
        if (r.stopped.load(std::memory_order_relaxed)) return -ECANCELED;
    }
}

bool can_carry_out(std::uint8_t opcode) noexcept {
    switch (opcode) {
    case IORING_OP_FSYNC:
    case IORING_OP_FALLOCATE:
    case newer::opcode_ftruncate:
    case newer::opcode_futex_wait:
    case IORING_OP_OPENAT:
    case IORING_OP_STATX:
    case IORING_OP_RENAMEAT:
    case IORING_OP_UNLINKAT:
    case IORING_OP_MKDIRAT:
    case IORING_OP_SYMLINKAT:
    case IORING_OP_LINKAT:
        return true;
    default:
        return false;
    }
}

}  // namespace coil::ring
