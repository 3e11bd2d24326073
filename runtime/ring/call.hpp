// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

struct iovec;
struct msghdr;
struct sockaddr;
struct statx;

namespace coil::ring {

/// Describes what is no submission entry. Each factory takes what the system call of its name takes; `ring::now` answers
/// with its result, or the negative errno. None waits, but for those that are said to, which are for threads that may
/// wait for a disk.
/// Shape: the tries (`recv`, `send`, `accept`, `read`, `write`, `readv`, `writev`, `recvmsg`, `sendmsg`) never wait: -EAGAIN means "give it to the ring", also
/// where the kernel cannot tell without waiting. `accept` keeps that promise for a listener with O_NONBLOCK only (an
/// accept entry waits on such a listener all the same).
/// Every descriptor that is made is close-on-exec. `send` raises no SIGPIPE, and `write` none where the kernel can.
/// Lifetime: it holds pointers to the caller's arguments.
struct call {
    enum class kind : std::uint8_t {
        socket,
        socketpair,
        pipe,
        duplicate,
        bind,
        connect,
        listen,
        shutdown,
        set_option,
        get_option,
        local_address,
        peer_address,
        file_control,
        open,
        directory,
        status,
        recv,
        send,
        accept,
        read,
        write,
        send_message,
        receive_message,
        read_parts,
        write_parts,
        truncate,
        read_link,
        copy_range,
        send_file,
        watch_files,
        add_watch,
        remove_watch,
        watch_signals,
        clone_file,
        copies_by_pipe,
        waiting_read,
        waiting_write,
        change_mode,
    };

    kind what;
    int fd = -1;
    int a = 0;
    int b = 0;
    int c = 0;
    const void* in = nullptr;    // what the kernel reads
    void* out = nullptr;         // what the kernel writes
    unsigned* length = nullptr;  // socklen_t, read and written
    std::size_t size = 0;
    std::int64_t offset = 0;
    std::int64_t* from_offset = nullptr;  // read and written, as the next
    std::int64_t* to_offset = nullptr;

    static call socket(int domain, int type, int protocol) {
        return {.what = kind::socket, .a = domain, .b = type, .c = protocol};
    }
    static call socketpair(int domain, int type, int protocol, int* two) {
        return {.what = kind::socketpair, .a = domain, .b = type, .c = protocol, .out = two};
    }
    static call pipe(int* two, int flags = 0) { return {.what = kind::pipe, .a = flags, .out = two}; }
    static call dup(int fd) { return {.what = kind::duplicate, .fd = fd}; }

    static call bind(int fd, const sockaddr* address, unsigned size) {
        return {.what = kind::bind, .fd = fd, .in = address, .size = size};
    }
    /// Of a kind of socket that connects without waiting: of datagrams; a Unix socket that is non-blocking.
    static call connect(int fd, const sockaddr* address, unsigned size) {
        return {.what = kind::connect, .fd = fd, .in = address, .size = size};
    }
    static call listen(int fd, int backlog) { return {.what = kind::listen, .fd = fd, .a = backlog}; }
    static call shutdown(int fd, int how) { return {.what = kind::shutdown, .fd = fd, .a = how}; }

    static call setsockopt(int fd, int level, int name, const void* value, unsigned size) {
        return {.what = kind::set_option, .fd = fd, .a = level, .b = name, .in = value, .size = size};
    }
    static call getsockopt(int fd, int level, int name, void* value, unsigned* size) {
        return {.what = kind::get_option, .fd = fd, .a = level, .b = name, .out = value, .length = size};
    }
    static call getsockname(int fd, sockaddr* address, unsigned* size) {
        return {.what = kind::local_address, .fd = fd, .out = address, .length = size};
    }
    static call getpeername(int fd, sockaddr* address, unsigned* size) {
        return {.what = kind::peer_address, .fd = fd, .out = address, .length = size};
    }

    static call fcntl(int fd, int command, int argument = 0) {
        return {.what = kind::file_control, .fd = fd, .a = command, .b = argument};
    }
    /// May wait, as may the next two: on a loop's thread an entry opens. What is made gets `permissions` less the umask.
    static call open(int directory, const char* path, int flags, unsigned permissions = 0) {
        return {.what = kind::open, .fd = directory, .a = flags, .b = static_cast<int>(permissions), .in = path};
    }
    static call getdents64(int fd, void* entries, std::size_t size) {
        return {.what = kind::directory, .fd = fd, .out = entries, .size = size};
    }
    static call statx(int directory, const char* path, int flags, unsigned mask, struct ::statx* status) {
        return {
            .what = kind::status, .fd = directory, .a = flags, .b = static_cast<int>(mask), .in = path, .out = status};
    }

    static call recv(int fd, void* to, std::size_t size, int flags = 0) {
        return {.what = kind::recv, .fd = fd, .a = flags, .out = to, .size = size};
    }
    static call send(int fd, const void* from, std::size_t size, int flags = 0) {
        return {.what = kind::send, .fd = fd, .a = flags, .in = from, .size = size};
    }
    static call accept(int fd, sockaddr* address = nullptr, unsigned* size = nullptr, int flags = 0) {
        return {.what = kind::accept, .fd = fd, .a = flags, .out = address, .length = size};
    }
    /// An offset of -1 means the file's own position, as for what has none (a pipe, a terminal).
    static call read(int fd, void* to, std::size_t size, std::int64_t offset = -1) {
        return {.what = kind::read, .fd = fd, .out = to, .size = size, .offset = offset};
    }
    static call write(int fd, const void* from, std::size_t size, std::int64_t offset = -1) {
        return {.what = kind::write, .fd = fd, .in = from, .size = size, .offset = offset};
    }
    static call readv(int fd, const iovec* parts, unsigned count, std::int64_t offset = -1) {
        return {.what = kind::read_parts, .fd = fd, .in = parts, .size = count, .offset = offset};
    }
    static call writev(int fd, const iovec* parts, unsigned count, std::int64_t offset = -1) {
        return {.what = kind::write_parts, .fd = fd, .in = parts, .size = count, .offset = offset};
    }
    static call sendmsg(int fd, const msghdr* message, int flags = 0) {
        return {.what = kind::send_message, .fd = fd, .a = flags, .in = message};
    }
    /// Descriptors that are received are close-on-exec.
    static call recvmsg(int fd, msghdr* message, int flags = 0) {
        return {.what = kind::receive_message, .fd = fd, .a = flags, .out = message};
    }

    /// What follows, up to `clone`, may wait for a disk.
    static call ftruncate(int fd, std::int64_t size) { return {.what = kind::truncate, .fd = fd, .offset = size}; }
    static call readlink(int directory, const char* path, char* to, std::size_t size) {
        return {.what = kind::read_link, .fd = directory, .in = path, .out = to, .size = size};
    }
    static call copy_file_range(int from, std::int64_t* from_offset, int to, std::int64_t* to_offset,
                                std::size_t size) {
        return {.what = kind::copy_range,
                .fd = from,
                .a = to,
                .size = size,
                .from_offset = from_offset,
                .to_offset = to_offset};
    }
    static call sendfile(int to, int from, std::int64_t* from_offset, std::size_t size) {
        return {.what = kind::send_file, .fd = from, .a = to, .size = size, .from_offset = from_offset};
    }

    /// The same as `read` and `write`, at an offset, but for as long as it takes.
    static call read_waiting(int fd, void* to, std::size_t size, std::int64_t offset) {
        return {.what = kind::waiting_read, .fd = fd, .out = to, .size = size, .offset = offset};
    }
    static call write_waiting(int fd, const void* from, std::size_t size, std::int64_t offset) {
        return {.what = kind::waiting_write, .fd = fd, .in = from, .size = size, .offset = offset};
    }
    /// 1 if `copy_file_range` is known to do no more there than to read and write, by way of a pipe (ext4, xfs, btrfs,
    /// tmpfs and their like); 0 where the file system may have a way of its own (NFS, SMB, FUSE), or is not known.
    static call copies_by_pipe(int fd) { return {.what = kind::copies_by_pipe, .fd = fd}; }
    /// Makes one file share the blocks of another, where the file system can (FICLONE).
    static call clone(int to, int from) { return {.what = kind::clone_file, .fd = to, .a = from}; }
    static call fchmod(int fd, unsigned mode) {
        return {.what = kind::change_mode, .fd = fd, .a = static_cast<int>(mode)};
    }

    static call inotify() { return {.what = kind::watch_files}; }
    static call inotify_add_watch(int fd, const char* path, std::uint32_t mask) {
        return {.what = kind::add_watch, .fd = fd, .a = static_cast<int>(mask), .in = path};
    }
    static call inotify_rm_watch(int fd, int watch) { return {.what = kind::remove_watch, .fd = fd, .a = watch}; }
    /// `signals` is a sigset_t; a `fd` of -1 makes a new descriptor.
    static call signalfd(int fd, const void* signals) { return {.what = kind::watch_signals, .fd = fd, .in = signals}; }
};

}  // namespace coil::ring
