// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/kernel_call.hpp>

#include <coil/runtime/ring/fallback_numbers.hpp>
#include <coil/runtime/ring/newer.hpp>

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace coil::ring {

namespace {

// "Cannot tell without waiting" has several names: no support in the file, none in this kernel.
long try_result(long r) noexcept {
    if (r >= 0) return r;
    return errno == EOPNOTSUPP || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

long try_read(const call& c) noexcept {
    const iovec to{c.out, c.size};
    // A file's, not by the C library: there a thread may be cancelled in it, which takes longer than all else of it.
    if (c.offset >= 0 && sizeof(long) == sizeof c.offset)
        return try_result(::syscall(SYS_preadv2, long{c.fd}, &to, 1L, c.offset, 0L, long{RWF_NOWAIT}));
    return try_result(preadv2(c.fd, &to, 1, c.offset, RWF_NOWAIT));
}

long try_write(const call& c, int flags) noexcept {
    const iovec from{const_cast<void*>(c.in), c.size};
    return try_result(pwritev2(c.fd, &from, 1, c.offset, RWF_NOWAIT | flags));
}

const iovec* parts(const call& c) noexcept {
    return static_cast<const iovec*>(c.in);
}

// File systems without a copy of their own, as of Linux 6.18; where xfs and btrfs cannot share a file's blocks, they cannot
// share those of its parts. An overlay asks the one that it writes to, which has been asked to share already.
long copied_by_pipe(int fd) noexcept {
    struct ::statfs there{};
    if (::fstatfs(fd, &there) != 0) return -errno;
    switch (static_cast<unsigned long>(there.f_type)) {
    case EXT4_SUPER_MAGIC:  // and ext2, ext3
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
    case MSDOS_SUPER_MAGIC:
    case EXFAT_SUPER_MAGIC:
        return 1;
    default:
        return 0;
    }
}

[[gnu::noinline]] long other_call(const call& c, bool signal_free_writes) {
    using enum call::kind;
    const auto address = static_cast<const sockaddr*>(c.in);
    const auto size = static_cast<socklen_t>(c.size);
    long r = -1;
    switch (c.what) {
    case socket:
        r = ::socket(c.a, c.b | SOCK_CLOEXEC, c.c);
        break;
    case socketpair:
        r = ::socketpair(c.a, c.b | SOCK_CLOEXEC, c.c, static_cast<int*>(c.out));
        break;
    case pipe:
        r = ::pipe2(static_cast<int*>(c.out), c.a | O_CLOEXEC);
        break;
    case duplicate:
        r = ::fcntl(c.fd, F_DUPFD_CLOEXEC, 0);
        break;
    case bind:
        r = ::bind(c.fd, address, size);
        break;
    case connect:
        r = ::connect(c.fd, address, size);
        break;
    case listen:
        r = ::listen(c.fd, c.a);
        break;
    case shutdown:
        r = ::shutdown(c.fd, c.a);
        break;
    case set_option:
        r = ::setsockopt(c.fd, c.a, c.b, c.in, size);
        break;
    case get_option:
        r = ::getsockopt(c.fd, c.a, c.b, c.out, c.length);
        break;
    case local_address:
        r = ::getsockname(c.fd, static_cast<sockaddr*>(c.out), c.length);
        break;
    case peer_address:
        r = ::getpeername(c.fd, static_cast<sockaddr*>(c.out), c.length);
        break;
    case file_control:
        r = ::fcntl(c.fd, c.a, c.b);
        break;
    case open:
        r = ::openat(c.fd, static_cast<const char*>(c.in), c.a | O_CLOEXEC, static_cast<mode_t>(c.b));
        break;
    case directory:
        r = ::syscall(SYS_getdents64, c.fd, c.out, c.size);
        break;
    case status:
        r = ::statx(c.fd, static_cast<const char*>(c.in), c.a, static_cast<unsigned>(c.b),
                    static_cast<struct ::statx*>(c.out));
        break;
    case recv:
        return try_result(::recv(c.fd, c.out, c.size, c.a | MSG_DONTWAIT));
    case send:
        return try_result(::send(c.fd, c.in, c.size, c.a | MSG_DONTWAIT | MSG_NOSIGNAL));
    case accept:
        return try_result(::accept4(c.fd, static_cast<sockaddr*>(c.out), c.length, c.a | SOCK_CLOEXEC));
    case read:
        break;
    case write:
        return try_write(c, signal_free_writes ? newer::write_no_signal : 0);
    case read_parts:
        return try_result(preadv2(c.fd, parts(c), static_cast<int>(c.size), c.offset, RWF_NOWAIT));
    case write_parts:
        return try_result(pwritev2(c.fd, parts(c), static_cast<int>(c.size), c.offset,
                                   RWF_NOWAIT | (signal_free_writes ? newer::write_no_signal : 0)));
    case send_message:
        return try_result(::sendmsg(c.fd, static_cast<const msghdr*>(c.in), c.a | MSG_DONTWAIT | MSG_NOSIGNAL));
    case receive_message:
        return try_result(::recvmsg(c.fd, static_cast<msghdr*>(c.out), c.a | MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    case truncate:
        r = ::ftruncate(c.fd, c.offset);
        break;
    case read_link:
        r = ::readlinkat(c.fd, static_cast<const char*>(c.in), static_cast<char*>(c.out), c.size);
        break;
    case copy_range:
        r = ::copy_file_range(c.fd, c.from_offset, c.a, c.to_offset, c.size, 0);
        break;
    case send_file:
        r = ::sendfile(c.a, c.fd, c.from_offset, c.size);
        break;
    case watch_files:
        r = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        break;
    case add_watch:
        r = ::inotify_add_watch(c.fd, static_cast<const char*>(c.in), static_cast<std::uint32_t>(c.a));
        break;
    case remove_watch:
        r = ::inotify_rm_watch(c.fd, c.a);
        break;
    case watch_signals:
        r = ::signalfd(c.fd, static_cast<const sigset_t*>(c.in), SFD_CLOEXEC | SFD_NONBLOCK);
        break;
    case clone_file:
        r = ::ioctl(c.fd, FICLONE, c.a);
        break;
    case copies_by_pipe:
        return copied_by_pipe(c.fd);
    case waiting_read:
        r = ::pread(c.fd, c.out, c.size, c.offset);
        break;
    case waiting_write:
        r = ::pwrite(c.fd, c.in, c.size, c.offset);
        break;
    case change_mode:
        r = ::fchmod(c.fd, static_cast<mode_t>(c.a));
        break;
    }
    return r < 0 ? -errno : r;
}

}  // namespace

long kernel_call(const call& c, bool signal_free_writes) {
    if (c.what == call::kind::read) return try_read(c);
    return other_call(c, signal_free_writes);
}

int kernel_close(int fd) noexcept {
    descriptor_numbers::disowned(fd);
    // EINTR too leaves the number free on Linux, so it is never tried again.
    return ::close(fd) == 0 ? 0 : -errno;
}

}  // namespace coil::ring
