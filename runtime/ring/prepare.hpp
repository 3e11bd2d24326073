// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>

struct io_uring_sqe;
struct iovec;
struct msghdr;
struct sockaddr;
struct statx;
struct __kernel_timespec;

namespace coil::ring {

// Each function fills one submission entry, every field but user_data. What is new is close-on-exec, a send raises no
// SIGPIPE, and a size above one GiB is cut to that (a completion counts in 31 bits).

void prepare_nop(io_uring_sqe& e) noexcept;
void prepare_timeout(io_uring_sqe& e, const __kernel_timespec& after) noexcept;
/// The same for layers that do not know the kernel's type. The numbers are read when the entry is submitted.
void prepare_timeout(io_uring_sqe& e, const long long (&seconds_and_nanoseconds)[2]) noexcept;
/// Cancels what carries `user_data`; only its failure is reported, to nobody.
void prepare_cancel(io_uring_sqe& e, std::uint64_t user_data) noexcept;
void prepare_poll(io_uring_sqe& e, int fd, unsigned events) noexcept;
/// Waits while a word of shared memory has a value. Only where the ring has the opcode (`newer::opcode_futex_wait`).
void prepare_futex_wait(io_uring_sqe& e, const std::uint32_t* word, std::uint32_t value) noexcept;
/// Waits until there is something to read or to accept.
void prepare_poll_readable(io_uring_sqe& e, int fd) noexcept;
/// Waits until something can be written.
void prepare_poll_writable(io_uring_sqe& e, int fd) noexcept;
/// Has a thread of the kernel's do at once what an entry, already filled, says: it may wait, and gets no signals.
void prepare_on_thread(io_uring_sqe& e) noexcept;

void prepare_accept(io_uring_sqe& e, int fd, sockaddr* address, unsigned* size) noexcept;
/// Goes on accepting: one completion per connection, with IORING_CQE_F_MORE while it goes on.
void prepare_accept_many(io_uring_sqe& e, int fd) noexcept;
void prepare_connect(io_uring_sqe& e, int fd, const sockaddr* address, unsigned size) noexcept;
void prepare_send(io_uring_sqe& e, int fd, const void* from, std::size_t size, int flags) noexcept;
/// `poll_first` waits until there is something before it looks: cheaper where there mostly is nothing yet.
void prepare_recv(io_uring_sqe& e, int fd, void* to, std::size_t size, int flags, bool poll_first) noexcept;

/// Receives into a buffer that the ring takes from `group` once there is something; its number is in the flags.
void prepare_recv_selected(io_uring_sqe& e, int fd, std::size_t size, std::uint16_t group, int flags) noexcept;
/// Sends without copying: a second completion (IORING_CQE_F_NOTIF) tells when the memory is free again.
void prepare_send_zero_copy(io_uring_sqe& e, int fd, const void* from, std::size_t size, int flags) noexcept;
void prepare_sendmsg(io_uring_sqe& e, int fd, const msghdr& message, int flags) noexcept;
void prepare_recvmsg(io_uring_sqe& e, int fd, msghdr& message, int flags, bool poll_first) noexcept;
/// Moves bytes between a pipe and a file without copying; an offset of -1 is the file's own position.
void prepare_splice(io_uring_sqe& e, int from, std::int64_t from_offset, int to, std::int64_t to_offset,
                    std::size_t size, unsigned flags) noexcept;

void prepare_openat(io_uring_sqe& e, int directory, const char* path, int flags, unsigned mode) noexcept;
void prepare_close(io_uring_sqe& e, int fd) noexcept;
void prepare_read(io_uring_sqe& e, int fd, void* to, std::size_t size, std::int64_t offset) noexcept;
/// `flags` are those of pwritev2.
void prepare_write(io_uring_sqe& e, int fd, const void* from, std::size_t size, std::int64_t offset,
                   int flags) noexcept;
void prepare_readv(io_uring_sqe& e, int fd, const iovec* parts, unsigned count, std::int64_t offset) noexcept;
void prepare_writev(io_uring_sqe& e, int fd, const iovec* parts, unsigned count, std::int64_t offset,
                    int flags) noexcept;
void prepare_fsync(io_uring_sqe& e, int fd, bool data_only) noexcept;
void prepare_statx(io_uring_sqe& e, int directory, const char* path, int flags, unsigned mask,
                   struct ::statx* to) noexcept;
/// Only where the ring has the opcode (`newer::opcode_ftruncate`).
void prepare_ftruncate(io_uring_sqe& e, int fd, std::int64_t size) noexcept;
void prepare_fallocate(io_uring_sqe& e, int fd, int mode, std::int64_t offset, std::int64_t size) noexcept;
void prepare_renameat(io_uring_sqe& e, int from_directory, const char* from, int to_directory, const char* to,
                      unsigned flags) noexcept;
void prepare_unlinkat(io_uring_sqe& e, int directory, const char* path, int flags) noexcept;
void prepare_mkdirat(io_uring_sqe& e, int directory, const char* path, unsigned mode) noexcept;
void prepare_symlinkat(io_uring_sqe& e, const char* target, int directory, const char* path) noexcept;
void prepare_linkat(io_uring_sqe& e, int from_directory, const char* from, int to_directory, const char* to,
                    int flags) noexcept;

}  // namespace coil::ring
