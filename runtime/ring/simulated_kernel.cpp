// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_kernel.hpp>

#include <coil/runtime/ring/features.hpp>
#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/simulated_disk_file.hpp>
#include <coil/runtime/ring/simulated_socket.hpp>

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace coil::ring {

namespace {

template <class T>
T* pointer(std::uint64_t address) noexcept {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

sim::kind kind_of(std::uint8_t opcode) noexcept {
    switch (opcode) {
    case IORING_OP_SOCKET:
        return sim::kind::socket;
    case IORING_OP_CONNECT:
        return sim::kind::connect;
    case IORING_OP_ACCEPT:
        return sim::kind::accept;
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG:
        return sim::kind::receive;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
    case IORING_OP_SEND_ZC:
        return sim::kind::send;
    case IORING_OP_OPENAT:
        return sim::kind::open;
    case IORING_OP_READ:
    case IORING_OP_READV:
        return sim::kind::read;
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
    case IORING_OP_FALLOCATE:
    case newer::opcode_ftruncate:
        return sim::kind::write;
    case IORING_OP_FSYNC:
        return sim::kind::sync;
    case IORING_OP_CLOSE:
        return sim::kind::close;
    default:
        return sim::kind::other;
    }
}

// Of an opcode that works on an open file.
bool needs_file(std::uint8_t opcode) noexcept {
    switch (opcode) {
    case IORING_OP_READ:
    case IORING_OP_WRITE:
    case IORING_OP_READV:
    case IORING_OP_WRITEV:
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_SEND_ZC:
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
    case IORING_OP_POLL_ADD:
    case IORING_OP_ACCEPT:
    case IORING_OP_CONNECT:
    case IORING_OP_SHUTDOWN:
    case IORING_OP_FSYNC:
    case IORING_OP_FALLOCATE:
    case IORING_OP_SPLICE:
    case newer::opcode_ftruncate:
        return true;
    default:
        return false;
    }
}

bool is_one_way(const io_uring_sqe& e, const simulated_file& f) noexcept {
    switch (e.opcode) {
    case IORING_OP_READ:
    case IORING_OP_READV:
        return !f.reads();
    case IORING_OP_WRITE:
    case IORING_OP_WRITEV:
        return !f.writes();
    default:
        return false;
    }
}

constexpr std::uint8_t opcodes[] = {
    IORING_OP_NOP,      IORING_OP_TIMEOUT,   IORING_OP_READ,         IORING_OP_WRITE,        IORING_OP_READV,
    IORING_OP_WRITEV,   IORING_OP_POLL_ADD,  IORING_OP_CLOSE,        IORING_OP_RECV,         IORING_OP_SEND,
    IORING_OP_SEND_ZC,  IORING_OP_RECVMSG,   IORING_OP_SENDMSG,      IORING_OP_ACCEPT,       IORING_OP_CONNECT,
    IORING_OP_SHUTDOWN, IORING_OP_SOCKET,    IORING_OP_OPENAT,       IORING_OP_STATX,        IORING_OP_FSYNC,
    IORING_OP_SPLICE,   IORING_OP_FALLOCATE, IORING_OP_RENAMEAT,     IORING_OP_UNLINKAT,     IORING_OP_MKDIRAT,
    IORING_OP_LINKAT,   IORING_OP_SYMLINKAT, IORING_OP_ASYNC_CANCEL, newer::opcode_ftruncate,
    newer::opcode_futex_wait};

}  // namespace

simulated_kernel::simulated_kernel(simulated_random& random, simulated_luck& luck, std::size_t descriptors,
                                   std::size_t buffer, const std::uint64_t& now)
    : luck_(luck), buffer_(buffer), network_(random), tree_(now), files_(descriptors) {}

void simulated_kernel::name_opcodes(features& known) {
    for (const std::uint8_t opcode : opcodes)
        known.add(opcode);
}

int simulated_kernel::close(int fd) {
    const auto file = files_.find(fd);
    if (file == nullptr) return -EBADF;
    const long fault = luck_.begins(sim::kind::close, file.get(), false);
    static_cast<void>(files_.close(fd));
    return static_cast<int>(fault);
}

long simulated_kernel::begin(simulated_request& r) {
    const io_uring_sqe& e = r.entry();
    if ((e.flags & (IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_IO_HARDLINK | IOSQE_IO_DRAIN)) != 0) return -EINVAL;
    if ((e.flags & IOSQE_BUFFER_SELECT) != 0) return -ENOBUFS;  // nobody gave any
    bool known = false;
    for (const std::uint8_t opcode : opcodes)
        known = known || opcode == e.opcode;
    if (!known) return -EINVAL;
    if (needs_file(e.opcode)) {
        r.file = files_.find(e.fd);
        if (r.file == nullptr || is_one_way(e, *r.file)) return -EBADF;
    }
    const long fault = luck_.begins(kind_of(e.opcode), r.file.get(), false);
    // Whatever closing brings to light, the number is free afterwards.
    if (e.opcode == IORING_OP_CLOSE && fault != 0) static_cast<void>(files_.close(e.fd));
    return fault;
}

bool simulated_kernel::goes_on(const simulated_request& r, long result) noexcept {
    return result >= 0 && r.entry().opcode == IORING_OP_ACCEPT && (r.entry().ioprio & IORING_ACCEPT_MULTISHOT) != 0;
}

std::uint32_t simulated_kernel::flags_of(const simulated_request& r, long result) noexcept {
    if (result <= 0 || (r.entry().opcode != IORING_OP_RECV && r.entry().opcode != IORING_OP_RECVMSG)) return 0;
    const auto* const s = dynamic_cast<const simulated_socket*>(r.file.get());
    return s != nullptr && s->has_more() ? IORING_CQE_F_SOCK_NONEMPTY : 0;
}

std::optional<long> simulated_kernel::attempt(simulated_request& r) {
    const io_uring_sqe& e = r.entry();
    switch (e.opcode) {
    case IORING_OP_NOP:
        return 0;
    case newer::opcode_futex_wait:
        // whoever changes the word wakes; a wake-up without a change may be missed
        if (std::atomic_ref(*pointer<std::uint32_t>(e.addr)).load(std::memory_order_acquire) ==
            static_cast<std::uint32_t>(e.off))
            return std::nullopt;
        return 0;
    case IORING_OP_CLOSE:
        return files_.close(e.fd);
    case IORING_OP_SOCKET:
        return make_socket(e.fd, static_cast<int>(e.off), static_cast<int>(e.len));
    case IORING_OP_POLL_ADD: {
        const auto events = static_cast<unsigned>(r.file->poll()) & (e.poll32_events | POLLERR | POLLHUP);
        if (events == 0) return std::nullopt;
        return events;
    }
    case IORING_OP_ACCEPT: {
        // it waits on a listener with O_NONBLOCK too
        const long fd =
            accept(*r.file, pointer<sockaddr>(e.addr), pointer<unsigned>(e.addr2), static_cast<int>(e.accept_flags));
        if (fd == -EAGAIN) return std::nullopt;
        return fd;
    }
    case IORING_OP_CONNECT: {
        const long connected = connect(*r.file, pointer<const sockaddr>(e.addr), e.off);
        if (connected == -EAGAIN) return std::nullopt;
        return connected;
    }
    case IORING_OP_SHUTDOWN: {
        auto* const s = dynamic_cast<simulated_socket*>(r.file.get());
        return s != nullptr ? s->shutdown(static_cast<int>(e.len)) : -ENOTSOCK;
    }
    case IORING_OP_FSYNC:
    case IORING_OP_FALLOCATE:
    case newer::opcode_ftruncate:
        return on_disk(*r.file, e);
    case IORING_OP_OPENAT:
    case IORING_OP_STATX:
    case IORING_OP_RENAMEAT:
    case IORING_OP_UNLINKAT:
    case IORING_OP_MKDIRAT:
    case IORING_OP_LINKAT:
    case IORING_OP_SYMLINKAT:
        return on_path(e);
    default:
        return transfer(r);
    }
}

std::optional<long> simulated_kernel::transfer(simulated_request& r) {
    const io_uring_sqe& e = r.entry();
    simulated_file& f = *r.file;
    const iovec one{pointer<void>(e.addr), e.len};
    const simulated_parts parts(pointer<const iovec>(e.addr), e.len);
    const auto offset = static_cast<std::int64_t>(e.off);
    const auto flags = static_cast<int>(e.msg_flags);
    long result = -EINVAL;
    bool waits = true;  // also where O_NONBLOCK is set, as the kernel's entries do
    switch (e.opcode) {
    case IORING_OP_READ:
        result = read(f, {&one, 1}, offset);
        break;
    case IORING_OP_WRITE:
        result = write(f, {&one, 1}, offset);
        break;
    case IORING_OP_READV:
        result = read(f, parts, offset);
        break;
    case IORING_OP_WRITEV:
        result = write(f, parts, offset);
        break;
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_SEND_ZC:
        return transfer_all(r, e.opcode == IORING_OP_RECV);
    case IORING_OP_RECVMSG:
        result = receive_message(f, *pointer<msghdr>(e.addr), flags);
        waits = (flags & MSG_DONTWAIT) == 0;
        break;
    case IORING_OP_SENDMSG:
        result = send_message(f, *pointer<const msghdr>(e.addr), flags);
        waits = (flags & MSG_DONTWAIT) == 0;
        break;
    case IORING_OP_SPLICE: {
        const auto from = files_.find(e.splice_fd_in);
        if (from == nullptr) return -EBADF;
        if (!from->is_pipe() && !f.is_pipe()) return -EINVAL;
        result = move(*from, static_cast<std::int64_t>(e.splice_off_in), f, offset, e.len);
        waits = (e.splice_flags & SPLICE_F_NONBLOCK) == 0;
        break;
    }
    default:
        break;
    }
    if (result == -EAGAIN && waits) return std::nullopt;
    return result;
}

// With MSG_WAITALL it goes on after a part.
std::optional<long> simulated_kernel::transfer_all(simulated_request& r, bool receives) {
    const io_uring_sqe& e = r.entry();
    const auto flags = static_cast<int>(e.msg_flags);
    const iovec rest{pointer<std::byte>(e.addr) + r.moved, e.len - r.moved};
    const long result =
        receives ? receive(*r.file, {&rest, 1}, flags, no_limit) : send(*r.file, {&rest, 1}, flags, no_limit);
    const bool waits = (flags & MSG_DONTWAIT) == 0;
    const bool all = (flags & MSG_WAITALL) != 0 && (flags & MSG_PEEK) == 0;
    if (result == -EAGAIN && waits) return std::nullopt;
    if (result > 0) r.moved += static_cast<std::size_t>(result);
    if (result > 0 && all && waits && r.moved < e.len) {
        const auto* const s = dynamic_cast<const simulated_socket*>(r.file.get());
        if (s != nullptr && s->type() == SOCK_STREAM) return transfer_all(r, receives);
    }
    return r.moved != 0 ? static_cast<long>(r.moved) : result;
}

long simulated_kernel::on_disk(simulated_file& f, const io_uring_sqe& e) {
    auto* const file = dynamic_cast<simulated_disk_file*>(&f);
    if (file == nullptr) return e.opcode == IORING_OP_FALLOCATE && f.is_pipe() ? -ESPIPE : -EINVAL;
    switch (e.opcode) {
    case IORING_OP_FSYNC:
        return 0;
    case IORING_OP_FALLOCATE:
        return file->allocate(static_cast<int>(e.len), static_cast<std::int64_t>(e.off),
                              static_cast<std::int64_t>(e.addr));
    default:
        return file->resize(static_cast<std::int64_t>(e.off));
    }
}

long simulated_kernel::on_path(const io_uring_sqe& e) {
    const auto* const path = pointer<const char>(e.addr);
    const auto* const second = pointer<const char>(e.addr2);
    const auto second_directory = static_cast<int>(e.len);
    constexpr unsigned umask = 022;
    using enum simulated_tree::last;
    const bool names_two =
        e.opcode == IORING_OP_RENAMEAT || e.opcode == IORING_OP_LINKAT || e.opcode == IORING_OP_SYMLINKAT;
    if (names_two && (*path == '\0' || *second == '\0')) return -ENOENT;  // before anything is looked up
    switch (e.opcode) {
    case IORING_OP_OPENAT:
        return open(e.fd, path, static_cast<int>(e.open_flags), e.len);
    case IORING_OP_STATX:
        return status(e.fd, path, static_cast<int>(e.statx_flags), pointer<struct ::statx>(e.off));
    case IORING_OP_RENAMEAT:
        return tree_.rename(find(e.fd, path, named), find(second_directory, second, named), e.rename_flags);
    case IORING_OP_UNLINKAT:
        if ((e.unlink_flags & ~static_cast<unsigned>(AT_REMOVEDIR)) != 0) return -EINVAL;
        return tree_.remove(find(e.fd, path, named), (e.unlink_flags & AT_REMOVEDIR) != 0);
    case IORING_OP_MKDIRAT:
        return tree_.make(find(e.fd, path, named), simulated_inode::sort::directory, e.len & ~umask);
    case IORING_OP_SYMLINKAT:
        return tree_.make(find(e.fd, second, named), simulated_inode::sort::link, 0, path);
    default:
        return tree_.link(find(e.fd, path, (e.hardlink_flags & AT_SYMLINK_FOLLOW) != 0 ? followed : itself),
                          find(second_directory, second, named));
    }
}

}  // namespace coil::ring
